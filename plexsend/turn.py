"""Threads of one process take turns: one prepares or settles a batch, the others wait.

Python runs one thread at a time anyway, but hands over at every system call, a dozen for a batch, and each
time wakes a thread that mostly finds the interpreter taken again. A turn is handed over only where its holder
waits: for the network, or for time to pass.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Turn:
    """A lock that its holder gives up around every wait. Threads that never enter it are not held up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def take(self) -> None:
        """Wait for the turn."""
        self._lock.acquire()
        self._holder = threading.get_ident()

    def leave(self) -> bool:
        """Give up the turn; False if the calling thread does not hold it."""
        if self._holder != threading.get_ident():
            return False
        self._holder = None
        self._lock.release()
        return True

    def outside(self) -> Outside:
        """Return a block in which the calling thread waits for something else; it need not hold the turn.

        A thread that waits without it keeps the turn: no other thread of the process sends meanwhile.
        """
        return Outside(self)


class Outside:
    """Gives up a turn for the time of a `with` block, if the thread holds it."""

    __slots__ = ("_held", "_turn")

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __enter__(self) -> None:
        self._held = self._turn.leave()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._held:
            self._turn.take()
