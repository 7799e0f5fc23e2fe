"""What the scaled rules compare with, where a time or a count over a range would take too long to reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

THRESHOLDS: Mapping[str, Sequence[tuple[str, str]]] = {
    # Ten minutes of waiting; six are as good a proof as six hundred.
    "PlexsendMessagesWaitTooLong": (("> 600", "> 6"),),
    # Requests in ten minutes, of which six threads make few while each takes seven seconds.
    "PlexsendGatewaySlow": ((">= 50", ">= 2"),),
    # Days, counted from the midnight before: a refusal of today is some minutes old at least.
    "PlexsendRefusalsUnanswered": (("> 12 * 86400", "> 60"),),
    "PlexsendCampaignStartOverdue": (("> 120", "> 4"),),
    # Messages that were accepted in an hour, half an hour ago.
    "PlexsendReceiptsSilent": (("> 50", "> 5"),),
}
"""Alert → what is replaced in its scaled query, and by what."""
