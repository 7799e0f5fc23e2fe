"""How long a drain runs before it gives its thread back."""

from __future__ import annotations

LONG_SLICE_S = 10.0
"""The longest that a drain runs when no other doorbell waits in its process."""
SHORT_SLICE_S = 1.0
"""The longest that it runs when another waits."""
_GOLDEN = 0.618034
"""Its multiples stay spread out, however many there are."""


def long_slice_s(drain: str) -> float:
    """Return how long this drain runs at most, 5 to 10 s.

    Spread by the number of the drain: 64 that began together would end together, and a quarter of their pace
    would be lost until their next doorbells arrive.
    """
    number = int(drain.rpartition(".")[2])
    return LONG_SLICE_S * (0.5 + 0.5 * (number * _GOLDEN % 1))
