"""Where a process can be stopped: each boundary is told as it is reached, and one of them may be the last."""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError as RedisConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Watch:
    """Names every boundary that this process comes to and, at the chosen one, ends it or loses the call.

    Args:
        chosen: The name of the boundary; empty: none, so that all are found.
        lose: Whether the call or reply at that boundary is lost and the process lives on; else it is killed.
    """

    def __init__(self, chosen: str = "", *, lose: bool = False) -> None:
        self.reached: list[str] = []
        self.meanwhile: Mapping[str, Callable[[], object]] = {}
        """What others do at a boundary, before this process goes on or ends there."""
        self.is_armed = False
        self._chosen = chosen
        self._lose = lose
        self._numbers: Counter[str] = Counter()

    def number(self, kind: str) -> str:
        """Return a name for the next thing of a kind: `time-1`, `time-2`."""
        self._numbers[kind] += self.is_armed
        return f"{kind}-{self._numbers[kind]}"

    def reach(self, boundary: str) -> None:
        """Tell that a boundary is reached. Does not return from the chosen one."""
        if not self.is_armed:
            return
        self.reached.append(boundary)
        self.meanwhile.get(boundary, _nothing)()
        if boundary != self._chosen:
            return
        if self._lose:
            raise RedisConnectionError("Connection closed by server.")
        # Nothing is flushed, closed or unlocked: the process is gone.
        os.kill(os.getpid(), signal.SIGKILL)


def _nothing() -> None:
    pass
