"""The keeper: starts again what ended unasked, after longer and longer waits, and keeps logs small."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.stack.child import Child
    from plexsend.stack.stack import Stack

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
STEADY_S = 60.0
"""A child that ran for this long has recovered: its next end counts as its first."""

LARGEST_LOG_BYTES = 20_000_000
"""A log that outgrows this is emptied; what it held is kept once. Workers log a line for every batch."""


def wait_s(ends: int) -> float:
    """Return how long to wait after that many ends in a row (1 the first)."""
    # 2**64 seconds is past any bound; a larger exponent would only overflow.
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(ends - 1, 64)))


@dataclass(slots=True)
class _Watched:
    started_s: float
    ends: int = 0
    again_s: float | None = None
    """When to start it again; None while it runs."""


class Keeper:
    """Looks after a stack's children, round by round. The caller passes the time, in seconds, monotonic."""

    def __init__(
        self,
        stack: Stack,
        *,
        on_end: Callable[[Child, float], None],
        on_start: Callable[[Child], None],
        now_s: float,
    ) -> None:
        self._stack = stack
        self._on_end = on_end
        self._on_start = on_start
        self._watched = {child.name: _Watched(now_s) for child in stack.children}

    def look(self, now_s: float) -> None:
        """Report what has ended, start again what has waited long enough, and cut logs that are too long."""
        for child in self._stack.children:
            watched = self._watched[child.name]
            if not child.is_running:
                self._look_after(child, watched, now_s)
            keep_small(child)

    def _look_after(self, child: Child, watched: _Watched, now_s: float) -> None:
        if watched.again_s is None:
            watched.ends = 1 if now_s - watched.started_s >= STEADY_S else watched.ends + 1
            watched.again_s = now_s + wait_s(watched.ends)
            self._on_end(child, wait_s(watched.ends))
        if now_s >= watched.again_s:
            try:
                self._stack.launch(child)
            except NotPossible:
                # No room for one more process just now: only this try has failed.
                watched.ends += 1
                watched.again_s = now_s + wait_s(watched.ends)
            else:
                watched.started_s, watched.again_s = now_s, None
                self._on_start(child)


def keep_small(child: Child, largest_bytes: int = LARGEST_LOG_BYTES) -> None:
    """Empty a child's log if it has outgrown its size. Lines written in that moment may be lost."""
    log = child.program.log
    # The child appends, so what it writes next is at the new beginning. Moving the file would not help: the
    # child holds it open and would go on writing into the old one.
    with suppress(OSError):
        if log.stat().st_size > largest_bytes:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
