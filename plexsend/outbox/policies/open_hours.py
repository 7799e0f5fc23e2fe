"""When advertisements may go: the hours outside the quiet ones, for the scripts, which know no time zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from plexsend.outbox.policies.midnights import DAYS
from plexsend.settings.quiet_hours import LAW_BEGINS, LAW_ENDS

if TYPE_CHECKING:
    from plexsend.settings import QuietHours

OPEN_HOURS: Final = "open_hours"
"""The field of an account's policies in which they are, `<from ms>-<to ms>` each."""
QUIET: Final = "quiet"
"""What the scripts answer where a lane of advertisements waits for the morning."""
KST: Final = timezone(timedelta(hours=9), "KST")
"""Korean time, which has no summer time: known to machines without any zones too."""

_SPAN = re.compile(r"(\d+)-(\d+)", re.ASCII)


def open_spans(quiet: QuietHours, now_ms: int) -> tuple[tuple[int, int], ...]:
    """Return the open hours of today and the days behind it, each from ms to ms since 1970."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(KST).date()
    days = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    return tuple(
        (_ms(datetime.combine(day, quiet.ends, KST)), _ms(datetime.combine(day, quiet.begins, KST)))
        for day in days
    )


def as_field(quiet: QuietHours, now_ms: int) -> str:
    """Return the same as the scripts read it."""
    return " ".join(f"{opens}-{closes}" for opens, closes in open_spans(quiet, now_ms))


def is_night(at_ms: int) -> bool:
    """Return whether the law asks for a consent of its own to advertisements at this moment."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(KST).time()
    return not LAW_ENDS <= moment < LAW_BEGINS


def read_spans(field: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of such a field; what another program wrote there is none."""
    return tuple((int(opens), int(closes)) for opens, closes in _SPAN.findall(field))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
