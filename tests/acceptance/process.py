"""One Celery process of a test stand, and waiting for what processes do."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plexsend.stack.child import Child, ChildFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def wait_until(predicate: Callable[[], Any], *, what: str, within_s: float = 30.0) -> Any:
    """Poll until the predicate holds and return its value; fails with `what` after the time."""
    until = time.monotonic() + within_s
    while True:
        value = predicate()
        if value:
            return value
        assert time.monotonic() < until, f"not within {within_s} s: {what}"
        time.sleep(0.02)


class Worker(Child):
    """One Celery process, its log in a file of its own."""

    @property
    def log(self) -> Path:
        return self.program.log

    def wait_exit(self, within_s: float = 30.0) -> int:
        return self.wait(within_s)

    def end(self, within_s: float = 15.0) -> int:
        """End in order and return the exit code; fails with the stacks of its threads if it hangs."""
        self.terminate()
        with suppress(ChildFailed):
            return self.wait(within_s)
        self.send(signal.SIGUSR1)
        with suppress(ChildFailed):
            # What the broker's own timeout of 30 s ends is no hang.
            return self.wait(25)
        self.kill()
        self.wait(5)
        raise AssertionError(f"hangs at its end:\n{self.words[-20_000:]}")
