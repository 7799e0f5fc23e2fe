"""How long to wait before the next try."""

from __future__ import annotations


def full_jitter_ms(tries: int, *, first_s: float, longest_s: float, chance: float) -> int:
    """Return a delay in ms, at least 1: `chance` (in [0, 1)) of an exponential bound.

    The bound is `first_s` after the first try (`tries` 0), doubles with each, and ends at `longest_s`. Full
    jitter spreads messages that failed together, so that they do not come back together.
    """
    # 2**64 seconds is past any bound; a larger exponent would only overflow.
    bound_s = min(longest_s, first_s * 2.0 ** min(tries, 64))
    return max(1, int(chance * bound_s * 1000))
