"""Times of a report in a few spans of a length that people count in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_SPANS = 20
"""So many are read in a table, and fit into a plot on a phone."""
_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S
_LENGTHS_S = (
    *(10, 30, _MINUTE_S, 2 * _MINUTE_S, 5 * _MINUTE_S, 10 * _MINUTE_S, 15 * _MINUTE_S, 30 * _MINUTE_S),
    *(_HOUR_S, 2 * _HOUR_S, 3 * _HOUR_S, 6 * _HOUR_S, 12 * _HOUR_S, _DAY_S, 2 * _DAY_S, 7 * _DAY_S),
)
_NEARLY_ALL = 0.99


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of equal length one behind the other, and perhaps all that is later."""

    start_ms: int
    length_ms: int
    count: int
    has_later: bool = False
    """Whether there is one more, without an end."""

    def place(self, at_ms: int) -> int:
        """Return which span a time is in."""
        last = self.count if self.has_later else self.count - 1
        return max(0, min((at_ms - self.start_ms) // self.length_ms, last))

    def edges_ms(self) -> list[int]:
        """Return where the spans begin, and where the last one ends."""
        return [self.start_ms + place * self.length_ms for place in range(self.count + 1)]


def spans_between(first_ms: int, last_ms: int, *, offset_ms: int = 0) -> Spans:
    """Return at most 20 spans that hold both times.

    Args:
        first_ms: The earlier one.
        last_ms: The later one.
        offset_ms: How far the clocks of the zone are ahead: spans of hours and days begin as they show them.
    """
    for length_s in _LENGTHS_S:
        length_ms = length_s * 1000
        found = _from(first_ms, last_ms, length_ms, offset_ms)
        if found.count <= MOST_SPANS:
            return found
    longest_ms = _LENGTHS_S[-1] * 1000
    weeks = (last_ms - first_ms) // (longest_ms * (MOST_SPANS - 1)) + 1
    return _from(first_ms, last_ms, longest_ms * weeks, offset_ms)


def spans_of(counts_ms: Mapping[int, int], *, offset_ms: int = 0) -> Spans | None:
    """Return spans for what was counted at these times; None where nothing was.

    Where few things come long after all others, these do not lie in one span for that: they are later.
    """
    if not counts_ms:
        return None
    times = sorted(counts_ms)
    whole = spans_between(times[0], times[-1], offset_ms=offset_ms)
    wanted, seen = _NEARLY_ALL * sum(counts_ms.values()), 0
    for at_ms in times:
        seen += counts_ms[at_ms]
        if seen >= wanted:
            break
    most = spans_between(times[0], at_ms, offset_ms=offset_ms)
    if most.length_ms == whole.length_ms:
        return whole
    return Spans(most.start_ms, most.length_ms, most.count, has_later=True)


def _from(first_ms: int, last_ms: int, length_ms: int, offset_ms: int) -> Spans:
    start = (first_ms + offset_ms) // length_ms * length_ms - offset_ms
    return Spans(start, length_ms, (last_ms - start) // length_ms + 1)
