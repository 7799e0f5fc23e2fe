"""What the sentences of `flow` are about: the figures of one part of what waits, and of all parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.holds import Hold


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One service of one account, in figures. Counts are messages."""

    service: str
    account: str
    waiting: int = 0
    scheduled: int = 0
    sending: int = 0
    quiet: int = 0
    """Advertisements that wait for the morning, beside those that wait; nothing else keeps them."""
    morning: str = ""
    """When that is, in words; empty where nobody wrote it down."""
    outside: int = 0
    """Messages of campaigns that wait for their windows, beside those that wait; nothing else keeps them."""
    opens_s: float | None = None
    """In how many seconds the first of these windows opens; None: nobody wrote that down."""
    oldest_s: float | None = None
    """For how long the first of those that wait has waited."""
    next_due_s: float | None = None
    """In how many seconds the first that is scheduled is due."""
    holds: tuple[Hold, ...] = ()
    """Those that cover a lane in which something waits, the oldest first."""
    held: int = 0
    """Messages that wait under them."""
    sent_per_s: float = 0.0
    requests_per_s: float = 0.0
    drains: int = 0
    """Running now."""
    most_drains: int = 0
    """The most that may run, over all routes in which something waits."""
    rate_per_s: float = 0.0
    """The limit; 0: none."""
    next_s: float = 0.0
    """In how many seconds it lets the next go."""
    day_limit: int = 0
    """Messages that may be sent in a day; 0: no limit."""
    sent_today: int = 0
    processes: int = 0
    """Living worker processes that can serve it."""
    threads: int = 0
    """Theirs."""
    busy: int = 0
    """Those of their threads that work."""
    unserved_because: str = ""
    """Why no living process can serve it, and what to do; empty where one can."""

    @property
    def name(self) -> str:
        """The part for people."""
        return f"{self.service} of account {self.account}"


@dataclass(frozen=True, slots=True)
class Total:
    """All parts together."""

    waiting: int
    scheduled: int
    sending: int
    quiet: int
    morning: str
    outside: int
    opens_s: float | None
    oldest_s: float | None
    next_due_s: float | None
    sent_per_s: float

    @classmethod
    def of(cls, parts: Sequence[PartFacts]) -> Total:
        """Add the parts up."""
        return cls(
            sum(part.waiting for part in parts),
            sum(part.scheduled for part in parts),
            sum(part.sending for part in parts),
            sum(part.quiet for part in parts),
            next((part.morning for part in parts if part.quiet), ""),
            sum(part.outside for part in parts),
            min((part.opens_s for part in parts if part.opens_s is not None), default=None),
            max((part.oldest_s for part in parts if part.oldest_s is not None), default=None),
            min((part.next_due_s for part in parts if part.next_due_s is not None), default=None),
            sum(part.sent_per_s for part in parts),
        )
