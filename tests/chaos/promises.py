"""What is promised, and a promise that was broken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Promise(StrEnum):
    """What is promised, one column of the report each."""

    LOST = "nothing lost"
    DOUBLED = "nothing twice"
    PARKED = "park: never twice, named"
    DECIDED = "decided in 2 min"
    END = "ends as answered"
    AUDIT = "audit"
    BATCH = "batches"
    RATE = "rate"
    IMPORT = "rows once"
    SECRET = "nothing told"
    GROUP = "groups"
    POLICY = "strictest in force"
    ADDRESS = "one gateway"
    GOES_ON = "others go on"
    RESTORE = "restored: held, counted"
    RECEIPT = "receipts kept"
    HEARD = "results heard"
    ARCHIVE = "archive whole"
    QUIET = "quiet hours"
    REFUSED = "refusals kept"
    GAP = "one a day"
    MARKS = "marked"
    FALLBACK = "fallback once, with cause"
    PICTURE = "pictures once"


FORGETS_S = 2.0
"""How long before its end a killed Redis may have told what it forgets: a second, and one of lateness."""
POSTS_S = 5.0
"""From a take to its request at the most: beyond that a worker gives back what it took."""
LEEWAY_S = 0.25
"""Between the gateway's clock reading and Redis's for the same message, both on one machine."""


@dataclass(frozen=True, slots=True)
class Break:
    """One promise broken by one message, or by the run as a whole (`key` empty)."""

    promise: Promise
    key: str
    why: str
    at: float = 0.0
    since: float = 0.0
    """What was told or taken then was so at the earliest; 0: no killed Redis excuses it."""
