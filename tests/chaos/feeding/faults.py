"""Breaks one thing after another while a campaign is fed."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.child import Wanted
    from tests.chaos.feeding.field import Field

_CALM_S = (0.5, 9.0)
"""Between two faults."""
_STOPPED_S = (0.5, 9.0)
"""For how long a process is stopped: shorter and longer than a lease of six seconds."""
_FAULTS = (
    *("kill worker", "kill worker", "stop worker", "stop worker", "end worker"),
    *("kill beat", "stop beat", "kill valkey"),
)


class FeedingFaults:
    """Kills, stops and ends processes.

    Args:
        field: What is broken.
        seed: Which faults, and when.
    """

    def __init__(self, field: Field, seed: int) -> None:
        self.struck: Counter[str] = Counter()
        self._field = field
        self._chance = random.Random(seed)
        self._next_s = time.monotonic() + 3.0
        self._stopped: dict[Wanted, float] = {}

    def play(self) -> None:
        """Strike where it is time, and let stopped processes go on whose time is over."""
        now_s = time.monotonic()
        for child, until_s in list(self._stopped.items()):
            if until_s <= now_s:
                child.send(signal.SIGCONT)
                del self._stopped[child]
        if now_s >= self._next_s:
            self._next_s = now_s + self._chance.uniform(*_CALM_S)
            self._strike(now_s)

    def _strike(self, now_s: float) -> None:
        chance, field = self._chance, self._field
        what = chance.choice(_FAULTS)
        self.struck[what] += 1
        if what == "kill valkey":
            field.valkey.kill()
            return
        child = chance.choice(field.workers if what.endswith("worker") else field.beats)
        stopped_s = chance.uniform(*_STOPPED_S)
        if what.startswith("stop"):
            if child.send(signal.SIGSTOP):
                self._stopped[child] = now_s + stopped_s
            return
        self._stopped.pop(child, None)
        child.send(signal.SIGKILL if what.startswith("kill") else signal.SIGTERM)
        child.send(signal.SIGCONT)
