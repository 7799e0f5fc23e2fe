"""Waiting for what processes do, and reading what they cost."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class TooLate(Exception):
    """What was waited for did not come in time."""


def wait_for(look: Callable[[], T], *, what: str, within_s: float = 60.0, every_s: float = 0.02) -> T:
    """Look until something true is found and return it; raises TooLate with `what`."""
    until_s = time.monotonic() + within_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until_s:
            raise TooLate(f"not within {within_s:g} s: {what}")
        time.sleep(every_s)


def cpu_s(*pids: int) -> float:
    """Return the user and system time of processes and of the children that each has waited for.

    One that is gone counts as 0.
    """
    ticks = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            ticks += sum(map(int, _stat(pid)[11:15]))
    return ticks / _TICKS_PER_S


def resident_bytes(pid: int) -> int:
    """Return how much memory a process holds resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def children(pid: int) -> list[int]:
    """Return the children of a process, of all its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        # A thread may end while it is asked.
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, (task / "children").read_text().split())
    return found


def _stat(pid: int) -> list[str]:
    # The name in parentheses may hold blanks; what follows it begins with the state.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
