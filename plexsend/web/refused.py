"""What was refused before it was read: counted in memory, since somebody may post a million of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.outbox.refusals import RefusedBecause


class RefusedCounts:
    """How many requests were refused, by why. For the loop that refuses, and one thread that takes away.

    Args:
        takes_receipts: Whether what is refused may have been a receipt; otherwise nothing is counted.
    """

    def __init__(self, *, takes_receipts: bool = True) -> None:
        self._takes_receipts = takes_receipts
        self._counts: Counter[str] = Counter()

    def note(self, why: RefusedBecause) -> None:
        """Count a request."""
        if self._takes_receipts:
            self._counts[why] += 1

    def take(self) -> Counter[str]:
        """Return what was counted since the last time."""
        taken, self._counts = self._counts, Counter()
        return taken

    def give_back(self, counts: Counter[str]) -> None:
        """Count again what could not be written down."""
        self._counts.update(counts)
