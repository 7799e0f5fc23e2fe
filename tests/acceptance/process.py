"""One Celery process of a test stand, and waiting for what processes do."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


@dataclass
class Worker:
    """One Celery process, its log in a file of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def words(self) -> str:
        return self.log.read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_for(self, words: str, *, within_s: float = 30.0) -> None:
        def said() -> bool:
            assert self.process.poll() is None or words in self.words, f"ended early:\n{self.words}"
            return words in self.words

        wait_until(said, what=f"{words!r} in {self.log}", within_s=within_s)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait_exit(self, within_s: float = 30.0) -> int:
        return self.process.wait(within_s)

    def end(self) -> int:
        """End in order and return the exit code; fails with the stacks of its threads if it hangs."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGUSR1)
        try:
            # What the broker's own timeout of 30 s ends is no hang.
            return self.process.wait(25)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
            raise AssertionError(f"hangs at its end:\n{self.words[-20_000:]}") from None
