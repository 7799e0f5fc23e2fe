"""Lanes served by drains whose requests take their time, on a clock that runs as fast as the test can."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.advance import Status
from plexsend.outbox.batches import Batch
from plexsend.outbox.reading import queries
from tests.integration.outbox.bench import BULK, Bench, accepted

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.batches import Settlement
    from plexsend.outbox.lanes import Lane

_BELL_TRAVELS_MS = 5
_STAY_MS = 100
_HOUSEKEEPING_MS = 50


@dataclass(order=True)
class _Due:
    at_ms: int
    number: int
    drain: str = field(compare=False, default="")
    lane: Lane = field(compare=False, default=BULK)
    bell: str = field(compare=False, default="")
    settlement: Settlement | None = field(compare=False, default=None)
    act: Callable[[], object] | None = field(compare=False, default=None)


@dataclass
class SlowGateway:
    """Serves the lanes of `main` for a while: doorbells start drains, each request takes `latency_ms`."""

    bench: Bench
    latency_ms: int
    grants: list[tuple[int, int]] = field(default_factory=list)
    """ms since the start, and messages taken."""
    by_lane: Counter[Lane] = field(default_factory=Counter)
    """Messages taken of each lane."""
    taken_ms: dict[str, int] = field(default_factory=dict)
    """Message → ms since the start when it was taken."""
    bells: int = 0
    _shifted_ms: int = 0
    _number: int = 0
    _queue: list[_Due] = field(default_factory=list)

    def serve(self, for_ms: int) -> None:
        """Serve for so long. Only what happens moves the clock; the time that the test takes is undone."""
        start_ms = queries.server_ms(self.bench.store)
        self._push(0)
        while self._queue[0].at_ms < for_ms:
            due = heapq.heappop(self._queue)
            ahead_ms = due.at_ms - self._now_ms(start_ms)
            if ahead_ms:
                self.bench.let_pass(ahead_ms, steadily=False, records=False)
                self._shifted_ms += ahead_ms
            if due.act:
                due.act()
                self._ring(due.at_ms)
            elif due.drain:
                self._drain(due)
            else:
                self._sweep(due.at_ms)

    def plan(self, at_ms: int, act: Callable[[], object]) -> None:
        """Do something at a time of the run; housekeeping hears of it at once."""
        self._push(at_ms, act=act)

    def granted(self, from_ms: int, to_ms: int) -> int:
        """Return how many messages were taken in a span."""
        return sum(n for at_ms, n in self.grants if from_ms <= at_ms < to_ms)

    def _now_ms(self, start_ms: int) -> int:
        return queries.server_ms(self.bench.store) + self._shifted_ms - start_ms

    def _push(self, at_ms: int, **what: object) -> None:
        self._number += 1
        heapq.heappush(self._queue, _Due(at_ms, self._number, **what))  # type: ignore[arg-type]  # see _Due

    def _sweep(self, now_ms: int) -> None:
        wait_ms = self._ring(now_ms)
        self._push(now_ms + max(1, min(wait_ms, _HOUSEKEEPING_MS)))

    # Answers in how many ms the next lane is due.
    def _ring(self, now_ms: int) -> int:
        found = self.bench.sweep()
        for ring in found.rings:
            self.bells += 1
            self._push(now_ms + _BELL_TRAVELS_MS, drain=f"p1.{self.bells}", lane=ring.lane, bell=ring.bell)
        return found.wait_ms

    def _drain(self, due: _Due) -> None:
        answer = self.bench.call(
            due.drain, lane=due.lane, settlement=due.settlement, bell=due.bell, stay_ms=_STAY_MS
        )
        if isinstance(answer, Batch):
            assert answer.lane == due.lane
            self.grants.append((due.at_ms, len(answer.messages)))
            self.by_lane[due.lane] += len(answer.messages)
            self.taken_ms.update((message.msg_key, due.at_ms) for message in answer.messages)
            settled_ms = due.at_ms + self.latency_ms
            self._push(settled_ms, drain=due.drain, lane=due.lane, settlement=accepted(answer))
        elif answer.status is Status.STAY:
            self._push(due.at_ms + answer.wait_ms, drain=due.drain, lane=due.lane)
