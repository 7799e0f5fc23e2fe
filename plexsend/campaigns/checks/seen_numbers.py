"""Seen numbers: which of millions came before, a bit each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WITHIN = 10**8
"""Numbers that share what is in front of their last eight digits: one bitmap, of 12.5 MB at most."""
_BITS = tuple(1 << bit for bit in range(8))


class SeenNumbers:
    """Numbers that came before. What nobody asks for takes no memory: untouched pages are not there."""

    def __init__(self) -> None:
        self._maps: dict[int, bytearray] = {}

    def repeated(self, numbers: Iterable[int]) -> list[int]:
        """Note numbers, and return the places of those that came before; 0 is not a number.

        A number is its digits read as one, as `int("01023456789")` does: no two share it.
        """
        found = []
        maps = self._maps
        for place, number in enumerate(numbers):
            if number:
                prefix, last = divmod(number, _WITHIN)
                seen = maps.get(prefix)
                if seen is None:
                    seen = maps[prefix] = bytearray(_WITHIN // 8)
                byte, bit = last >> 3, _BITS[last & 7]
                if seen[byte] & bit:
                    found.append(place)
                else:
                    seen[byte] |= bit
        return found
