"""A fault: what it is called, what it needs, how it is done, and the proof that it happened."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.law import is_day
from tests.chaos.valkey import can_mount
from tests.chaos.world import LONGEST_RUN_S

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.chaos.world import World


_FAKETIME = "/usr/lib/*-linux-gnu/faketime/libfaketimeMT.so.1"


def faketime_library() -> Path | None:
    """Return the library that lies to a process about the time; None where it is not installed."""
    return next(iter(sorted(Path("/").glob(_FAKETIME[1:]))), None)


class Need(StrEnum):
    """What a fault needs beyond `make setup`, and how one comes to it."""

    FAKETIME = "the package faketime: apt-get install -y faketime"
    DAY = "daytime in Korea, from 08:01 to 45 minutes before 20:45: no policy opens hours at night"
    MOUNT = "root, to mount a small tmpfs: run it as root (in a container: --cap-add SYS_ADMIN)"


def missing(need: Need) -> bool:
    """Return whether this machine lacks it."""
    if need is Need.FAKETIME:
        return faketime_library() is None
    if need is Need.DAY:
        return not is_day(time.time(), LONGEST_RUN_S)
    return not can_mount() or shutil.which("mount") is None


@dataclass(frozen=True, slots=True)
class Proof:
    """How often a fault happened, and a word on it. None at all means that it did nothing in its round."""

    count: int
    words: str = ""


@dataclass(slots=True)
class Span:
    """One fault's part of a round."""

    seconds: float
    chance: random.Random
    begins: float = field(default_factory=time.monotonic)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(max(0.0, seconds))

    def rest(self) -> None:
        """Wait until the span is over."""
        self.wait(self.begins + self.seconds - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether its time is up."""
        return time.monotonic() >= self.begins + self.seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table of faults."""

    name: str
    what: str
    """One sentence."""
    run: Callable[[World, Span], Proof]
    """Does it for the span's time, mends it, and tells what happened."""
    group: str
    """Its groups, in words: of each at most one fault strikes in a round, or they would undo each other."""
    seconds: tuple[float, float] = (5.0, 9.0)
    """How long it lasts, at the least and at the most."""
    need: Need | None = None
    tmpfs: bool = False
    """Whether Valkey's data must be on the small file system."""
    blurs: bool = False
    """Whether requests or answers are held back on the way, so that arrivals say nothing of the limiter."""
    short: bool = True
    """Whether it suits the short form."""
    alone: bool = False
    """Whether nothing else may strike meanwhile, or its proof would say nothing."""
