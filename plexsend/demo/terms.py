"""The demo's terms: rates, waits and moments, chosen so that everything is seen and over in half a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.stack.environment import CAMPAIGN_DIR

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACCOUNT = "main"
WORKERS = 2

SETTINGS: Mapping[str, str] = {
    # A limit that can be watched: 2,100 messages take 14 s, 400 take 13 s, 240 cards take 12 s.
    "PLEXSEND_RATE_MMS_BULK": "150",
    "PLEXSEND_RATE_MMS_STANDARD": "30",
    "PLEXSEND_RATE_RCS_MMS_BULK": "20",
    # Waits that are minutes in real use are seconds here.
    "PLEXSEND_RETRY_FIRST_S": "0.5",
    "PLEXSEND_RETRY_LONGEST_S": "2",
    "PLEXSEND_SHUT_FIRST_S": "0.5",
    "PLEXSEND_SHUT_LONGEST_S": "1",
    "PLEXSEND_CREDIT_HOLD_S": "2",
    "PLEXSEND_CREDIT_HOLD_LONGEST_S": "2",
    # Who refused advertisements is known by hashes under it; nobody's secret.
    "PLEXSEND_NUMBER_KEY": "a-key-of-the-demo-and-of-nobody-else",
}

REPORT_FILE = "report.html"
"""The page of the campaign's report, in the demo's folder."""


def settings_in(folder: Path) -> dict[str, str]:
    """Return the settings of a demo in a folder, where campaigns keep the copies of their lists too."""
    return {**SETTINGS, CAMPAIGN_DIR: str(folder / "campaigns")}


AD_POLICIES: Mapping[str, str] = {"sender_name": "한빛상점", "refusal_number": "080-123-4567"}
"""What each advertisement must carry."""
MORNING_AFTER = 1_700
"""Accepted messages after which the demo's night ends: the gateway's troubles are over by then."""

CREDIT = 1_400
"""Messages that the sandbox accepts until somebody tops the account up."""
TOP_UP = 10_000
TOP_UP_AFTER_S = 3.0
"""How long the account stays without credit: one probe fails meanwhile."""

TROUBLE_AFTER = 400
"""Accepted messages after which the gateway falls into trouble."""
TROUBLE_REQUESTS = 4
"""Requests that it then answers with HTTP 500."""
TROUBLE_SERVICE = "mms-bulk"

GAPS_AFTER = 900
"""Accepted messages after which the gateway leaves out a message of an answer, though it accepts it."""
GAPS = 2
"""Answers with such a gap."""

LONGEST_S = 50.0
"""When the demo gives up. It usually takes about two thirds of this; a minute is promised."""
