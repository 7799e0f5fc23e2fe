"""For a worker whose clock is shifted: faketime 0.9.10 breaks `time.sleep`, and only that.

Python sleeps until a moment of the monotonic clock. The library leaves that clock alone, as told, and shifts
the moment all the same: the call fails with EINVAL. A select waits for a span of time instead.
"""

from __future__ import annotations

import select
import time

from tests.chaos.looked_up import install


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep  # type: ignore[assignment]  # nobody here sleeps for an index
install()
