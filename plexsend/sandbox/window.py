"""Messages within one second: the measure of a rate, and of whether a rate was kept."""

from __future__ import annotations

from collections import deque

SPAN_S = 1.0


class Window:
    """Counts what happened in the last second, at times that never go back. Its user holds a lock."""

    def __init__(self) -> None:
        self._entries: deque[tuple[float, int]] = deque()
        self._sum = 0
        self.worst = 0
        """The most that any one second held."""

    def count(self, now_s: float) -> int:
        """Return how much fell into the second that ends at `now_s`."""
        while self._entries and self._entries[0][0] <= now_s - SPAN_S:
            self._sum -= self._entries.popleft()[1]
        return self._sum

    def add(self, now_s: float, amount: int) -> None:
        """Note that `amount` happened at `now_s`."""
        self.count(now_s)
        self._entries.append((now_s, amount))
        self._sum += amount
        self.worst = max(self.worst, self._sum)
