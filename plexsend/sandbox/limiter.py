"""The rate that the sandbox allows its clients."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from plexsend.sandbox.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable


class Limiter:
    """Refuses what would exceed a rate within any one second, per service and account."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}

    def clear(self) -> None:
        """Forget what was admitted."""
        with self._lock:
            self._windows.clear()

    def admit(self, service: str, account: str, items: int, *, limit: float) -> bool:
        """Return whether `items` more are within the limit, and count them if so."""
        with self._lock:
            # Under the lock, so that times never go back in a window.
            now_s = self._clock()
            window = self._windows.setdefault((service, account), Window())
            if window.count(now_s) + items > limit:
                return False
            window.add(now_s, items)
            return True
