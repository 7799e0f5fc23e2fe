"""Signals that ask a process to stop: taken for a while, then given back to what heard them before."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def hearing(hear: Callable[[int, FrameType | None], object], *numbers: int) -> Iterator[None]:
    """Give these signals to `hear` until the end of the block. For the main thread: Python takes no other.

    What was ignored stays ignored: a caller that starts us with a signal ignored (nohup, a job that a script
    starts in the background) means it.
    """
    taken = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, hear) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
