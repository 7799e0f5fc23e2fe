"""The seconds that pass, also while the machine sleeps.

`time.monotonic` stands still on Linux while a laptop or a virtual machine is suspended. A batch that was
taken before and is looked at after would count as new, while the other machines have given it away.
"""

from __future__ import annotations

import time

# macOS has no CLOCK_BOOTTIME; there CLOCK_MONOTONIC goes on in sleep, other than Python's `time.monotonic`.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed_s() -> float:
    """Return seconds from a moment that does not change while the machine runs; they never go back."""
    return time.clock_gettime(_CLOCK)
