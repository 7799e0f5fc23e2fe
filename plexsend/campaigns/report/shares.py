"""Shares and their differences, with what chance alone may make of small numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

FEWEST = 30
"""Of fewer rows a share says next to nothing."""
_Z = 1.959964
"""Of a normal distribution, for 95 of 100 cases."""
_WHOLE, _NEARLY, _LITTLE = 100.0, 99.9, 0.1


def percent(part: int, whole: int) -> str:
    """Return a share in percent. What is not all is never 100 %, and what is not nothing is never 0 %."""
    if not whole:
        return "–"
    share = _WHOLE * part / whole
    if 0 < share < _LITTLE:
        return f"<{_LITTLE}%"
    if _NEARLY < share < _WHOLE:
        return f">{_NEARLY}%"
    return f"{share:.1f}%"


@dataclass(frozen=True, slots=True)
class ShareDifference:
    """How far the share of one run is from that of another, in percent points."""

    part: int
    whole: int
    other_part: int
    other_whole: int

    @property
    def points(self) -> float | None:
        """The difference; None where one of them has no rows."""
        if not self.whole or not self.other_whole:
            return None
        return _WHOLE * (self.part / self.whole - self.other_part / self.other_whole)

    @property
    def are_few(self) -> bool:
        """Whether one of them has too few rows to be compared."""
        return min(self.whole, self.other_whole) < FEWEST

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Between what the difference is in 95 of 100 cases, in percent points (Newcombe's, from Wilson's).

        None where one of them has no rows.
        """
        points = self.points
        if points is None:
            return None
        low, high = _wilson(self.part, self.whole)
        other_low, other_high = _wilson(self.other_part, self.other_whole)
        share, other = self.part / self.whole, self.other_part / self.other_whole
        below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
        above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
        return points - _WHOLE * below, points + _WHOLE * above

    @property
    def may_be_chance(self) -> bool:
        """Whether two runs that are alike may well differ so much."""
        bounds = self.bounds
        return bounds is None or bounds[0] <= 0 <= bounds[1]


def _wilson(part: int, whole: int) -> tuple[float, float]:
    share, square = part / whole, _Z * _Z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = _Z / (1 + square / whole) * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    return max(0.0, middle - half), min(1.0, middle + half)
