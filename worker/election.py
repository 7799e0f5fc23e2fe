"""Which process of a fleet looks after what: each finds the same, without asking the others."""

from __future__ import annotations

from hashlib import blake2b
from heapq import nlargest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def elect(task: str, processes: Iterable[str]) -> str:
    """Return the process that is to do a task: the one whose hash with it is the highest; empty for none.

    When a process comes or goes, only the tasks that it takes or leaves go to another.
    """
    return next(iter(first_of(1, task, processes)), "")


def first_of(count: int, task: str, processes: Iterable[str]) -> list[str]:
    """Return the process that is to do a task, and those that are next in the order."""
    return nlargest(
        count, processes, key=lambda name: blake2b(f"{name} {task}".encode(), digest_size=8).digest()
    )
