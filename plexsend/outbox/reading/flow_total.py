"""The sum of all parts that a sentence of `flow` is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.reading.flow import PartFacts


@dataclass(frozen=True, slots=True)
class Total:
    """All parts together."""

    waiting: int
    scheduled: int
    sending: int
    quiet: int
    morning: str
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
            max((part.oldest_s for part in parts if part.oldest_s is not None), default=None),
            min((part.next_due_s for part in parts if part.next_due_s is not None), default=None),
            sum(part.sent_per_s for part in parts),
        )
