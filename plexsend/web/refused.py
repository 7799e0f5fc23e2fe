"""What was refused before it was read: counted in memory, since somebody may post a million of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.outbox.refusals import RefusedBecause


class RefusedCounts:
    """How many requests were refused, by why. For the loop that refuses, and one thread that takes away."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def note(self, why: RefusedBecause) -> None:
        """Count a request."""
        self._counts[why] += 1

    def take(self) -> Counter[str]:
        """Return what was counted since the last time."""
        taken, self._counts = self._counts, Counter()
        return taken

    def give_back(self, counts: Counter[str]) -> None:
        """Count again what could not be written down."""
        self._counts.update(counts)
