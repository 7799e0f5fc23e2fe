"""The flags of a record: letters in its field `f`, one each."""

from __future__ import annotations

from enum import StrEnum


class Flag(StrEnum):
    """What is remembered of a message's earlier tries. The scripts know each by its name here."""

    MAY_HAVE_BEEN_SENT = "m"
    """A request with it was not answered, so it is never taken for unsent."""
    ALONE = "a"
    """It goes in a request of its own."""
    CANCEL_WANTED = "c"
    """A cancel was asked for while it was being sent."""
    ACCEPTED_LATE = "l"
    """A late verdict accepted it while it was being sent again."""
    RECEIPT_KEPT = "r"
    """Its receipt came while it was being sent: settling decides by it."""
    FALLBACK_TIMED = "t"
    """Its fallback is made also where no receipt comes in time: its acceptance is written down for that."""
    LISTED_ANEW = "e"
    """It had gone from the list of what ended, and was put back there."""
