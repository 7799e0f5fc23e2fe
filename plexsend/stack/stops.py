"""Stops: Ctrl-C and SIGTERM are noted at any moment, and acted on only where that is safe.

A handler that raised anywhere could hit the line that is about to stop the children, or the one between
starting a child and writing it down. So the signal raises only in stretches that are marked, at most once;
everywhere else it is noted.

    with Stops() as stops:
        try:
            with stops.interruptible():
                ...                       # StopAsked is raised in here, or when the stretch is entered
        finally:
            stack.stop()                  # nothing is raised here any more
"""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.signals import hearing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType
    from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a process to stop: Ctrl-C, a supervisor, a terminal that was closed."""

ONE_WISH_S = 1.0
"""Signals this soon after the first mean the same: wrappers pass on what the terminal has sent to all."""


class StopAsked(BaseException):
    """Somebody asked this process to stop; `number` is the signal. No `except Exception` may swallow it."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


class Stops:
    """Notes the signals from `with` to its end. For the main thread: Python gives signals to no other."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hearing = hearing(self._hear, *SIGNALS)
        self._in_stretch = False
        self._has_raised = False
        self._first: tuple[int, float] | None = None
        self.hurried = False
        """Whether a stop was asked for once more: what has not ended by then is to be killed."""

    def __enter__(self) -> Self:
        self._hearing.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._hearing.__exit__(None, None, None)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Mark a stretch in which a signal raises StopAsked; so does one that was heard before."""
        try:
            self._in_stretch = True
            self.check()
            yield
        finally:
            self._in_stretch = False

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Mark a stretch that must run to its end; a signal meanwhile raises after it."""
        before, self._in_stretch = self._in_stretch, False
        try:
            yield
        finally:
            self._in_stretch = before
        self.check()

    def check(self) -> None:
        """Raise what was heard, in a stretch. Loops call it, since Python drops what a finaliser raises."""
        if self._first is not None and self._in_stretch:
            self._has_raised = True
            raise StopAsked(self._first[0])

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now_s = self._clock()
        if self._first is None:
            self._first = (number, now_s)
        elif now_s - self._first[1] >= ONE_WISH_S:
            self.hurried = True
        # Raised once: a second one would hit the clean-up after the first.
        if not self._has_raised and not _is_importing(frame):
            self.check()


# Python drops what is raised in a callback of the import system, with a traceback, and a module that is half
# imported cannot be imported again. The loop that comes next checks.
def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
