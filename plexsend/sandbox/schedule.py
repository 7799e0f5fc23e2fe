"""The faults that wait for requests, and which of them hit one."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.sandbox.faults import Fault, Stage

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Drawn:
    """What hits one request: at most one fault of each pace, and one other."""

    delay_s: float = 0.0
    bytes_per_s: float | None = None
    fault: Fault | None = None
    kinds: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether nothing of the request may be accepted."""
        return self.fault is not None and not self.fault.accepts


_NOTHING = Drawn()


@dataclass(slots=True)
class _Waiting:
    """A fault that waits."""

    number: int
    fault: Fault
    left: int | None
    until_s: float | None


class Schedule:
    """Faults in the order in which they were added; the first that matches a request hits it."""

    def __init__(self, *, clock: Callable[[], float], chances: random.Random) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._chances = chances
        self._waiting: list[_Waiting] = []
        self._last = 0

    def add(self, fault: Fault) -> int:
        """Let a fault wait; its number takes it back."""
        with self._lock:
            self._last += 1
            until_s = None if fault.for_s is None else self._clock() + fault.for_s
            # A new list instead of a changed one: draw() looks at it without the lock.
            self._waiting = [*self._waiting, _Waiting(self._last, fault, fault.times, until_s)]
            return self._last

    def clear(self, number: int | None = None) -> None:
        """Take back one fault, or all."""
        with self._lock:
            self._waiting = [w for w in self._waiting if number is not None and w.number != number]

    def draw(self, service: str | None, account: str | None) -> Drawn:
        """Return what hits a request of this service and account, and count it off."""
        if not self._waiting:
            return _NOTHING
        drawn: dict[str, Fault] = {}
        with self._lock:
            self._drop_ended()
            for waiting in self._waiting:
                fault = waiting.fault
                place = fault.kind if fault.stage is Stage.PACE else "other"
                if place in drawn or not _matches(fault, service, account):
                    continue
                if fault.chance < 1 and self._chances.random() >= fault.chance:
                    continue
                drawn[place] = fault
                if waiting.left is not None:
                    waiting.left -= 1
        delay, drip = drawn.get("delay"), drawn.get("drip")
        return Drawn(
            delay_s=0.0 if delay is None else delay.param("ms") / 1000,
            bytes_per_s=None if drip is None else drip.param("bytes_per_s"),
            fault=drawn.get("other"),
            kinds=tuple(fault.kind for fault in drawn.values()),
        )

    def list_waiting(self) -> list[dict[str, Any]]:
        """Return what still waits, as JSON knows it: the fault, its number and how often it still comes."""
        with self._lock:
            self._drop_ended()
            return [
                {**dataclasses.asdict(w.fault), "number": w.number, "left": w.left} for w in self._waiting
            ]

    def _drop_ended(self) -> None:
        now_s = self._clock()
        self._waiting = [w for w in self._waiting if w.left != 0 and (w.until_s is None or now_s < w.until_s)]


def _matches(fault: Fault, service: str | None, account: str | None) -> bool:
    """Return whether a fault is meant for this service and account."""
    return fault.service in {None, service} and fault.account in {None, account}
