"""Counters that never fall for a moment: a fall would be read as a restart, and the whole count as new.

What is added up from many lanes may miss one that ends in this very moment, and a replica that takes over may
lack the last second. Such a fall is over by the next look. One that lasts is real: Redis was restored from an
older copy, or emptied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

LASTS_S = 120.0
"""A fall that lasts longer is real."""


class Floors:
    """The highest that was seen of each counter. For one thread at a time."""

    def __init__(self, clock: Callable[[], float] = elapsed_s) -> None:
        self._clock = clock
        self._highest: dict[Hashable, float] = {}
        self._fell_at: dict[Hashable, float] = {}

    def raised(self, counter: Hashable, value: float) -> float:
        """Return what to show for a counter that has this value now."""
        highest = self._highest.get(counter, value)
        if value >= highest or self._has_lasted(counter):
            self._fell_at.pop(counter, None)
            self._highest[counter] = value
            return value
        return highest

    def _has_lasted(self, counter: Hashable) -> bool:
        fell_at = self._fell_at.setdefault(counter, self._clock())
        return self._clock() - fell_at >= LASTS_S
