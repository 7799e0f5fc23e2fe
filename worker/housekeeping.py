"""Housekeeping: the thread in every worker process that rings for lanes, reclaims and tidies."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING

from plexsend.errors import OutboxError
from plexsend.gateway.services import get_service
from plexsend.logs import get_logger
from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Settlement
from plexsend.outbox.reading.queries import lanes, server_ms
from plexsend.outbox.redis.wakeups import Wakeups
from plexsend.outbox.sweep import sweep
from plexsend.worker.doorbells import quota_of_all, quotas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.processes import WorkerProcess
    from plexsend.outbox.sweep import Abandoned, SweepResult
    from plexsend.worker.runtime import Runtime

SHORTEST_ROUND_S = 0.01
"""Between two rounds while a lane is due: one that waits for a free worker stays due."""
AGAIN_S = 0.5
"""Until the next try after a failed one."""
LOOK_FOR_LANES_S = 0.5
"""Between two looks for lanes of accounts not seen yet."""
LOOK_BESIDE_S = 2.0
"""The same in a process that sweeps no account: the process that sweeps looks for them."""
HEARTBEAT_S = 1.0
"""The longest that a process that does not sweep stays silent; it counts as gone after 5 s."""
QUEUES_S = 0.2
"""How old the lengths of the broker's queues may be while doorbells go out."""
FULL_QUEUES_S = 0.05
"""The same once as many doorbells wait as the threads can use: short drains make room within moments."""
LANES_TIDIED = 5
"""Lanes looked at for retention in one round."""


class Housekeeping:
    """Sweeps each account that has a lane, as long as its process holds the account's sweep lease."""

    def __init__(
        self,
        runtime: Runtime,
        me: WorkerProcess,
        *,
        ring: Callable[[Lane, str], None],
        queue_lengths: Callable[[Iterable[str]], dict[str, int] | None],
        wakeups: Wakeups | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runtime = runtime
        self._me = me
        self._ring = ring
        self._queue_lengths = queue_lengths
        self._wakeups = wakeups or Wakeups(runtime.store, runtime.stop)
        self._clock = clock
        self._log = get_logger("worker.housekeeping").bind(process=me.name)
        self._lanes: dict[str, tuple[Lane, ...]] = {}
        self._lanes_at = float("-inf")
        self._tidying: dict[str, Iterator[Lane]] = {}
        self._due: dict[str, float] = {}
        self._processes: dict[str, tuple[WorkerProcess, ...]] = {}
        # None: the broker does not answer, so no doorbell can be sent either.
        self._queues: dict[str, int] | None = {}
        self._queues_at = float("-inf")
        self._rang = False
        self._full = False
        self._rang_at: dict[str, float] = {}
        self._failing: set[str] = set()
        self._most_items = {
            service: get_service(service, runtime.settings).product.most_items for service in runtime.services
        }
        self._spoilt: set[tuple[str, str]] = set()
        # The accounts that this process swept last: it alone is nudged for them.
        self._swept: set[str] = set()

    def run(self) -> None:
        """Run rounds until the process stops. No fault ends it: the next round tries again."""
        while not self._runtime.stop.is_set():
            for account in self._wakeups.wait(self._swept, self.round()):
                self._due[account] = 0.0
        self._wakeups.close()

    def round(self) -> float:
        """Sweep every account whose time has come; returns the seconds until the next is due.

        A failure of one account does not keep the others from being swept.
        """
        if not self._try("", self._look_for_lanes) or not self._try("", self._runtime.policies.look):
            return AGAIN_S
        for account, known in self._in_turn():
            if self._runtime.stop.is_set():
                break
            if self._due.get(account, 0.0) <= self._clock() and not self._try(
                account, partial(self._sweep, account, known)
            ):
                self._due[account] = self._clock() + AGAIN_S
        now = self._clock()
        waits = [due - now for due in self._due.values()]
        return max(0.0, min([LOOK_FOR_LANES_S, *waits]))

    # The account rung least recently comes first: the accounts share the doorbells of a service.
    def _in_turn(self) -> list[tuple[str, tuple[Lane, ...]]]:
        return sorted(self._lanes.items(), key=lambda item: self._rang_at.get(item[0], 0.0))

    def _try(self, account: str, step: Callable[[], object]) -> bool:
        try:
            step()
        except Exception as exc:  # noqa: BLE001  the thread's edge: without it nothing would be rung again
            if account not in self._failing:
                self._log.warning(
                    "housekeeping failed, trying again",
                    account=account,
                    reason=str(exc),
                    kind=type(exc).__name__,
                    exc_info=not isinstance(exc, OutboxError),
                )
            self._failing.add(account)
            return False
        self._failing.discard(account)
        return True

    def _look_for_lanes(self) -> None:
        sweeps_none = self._lanes and not self._swept
        if self._clock() - self._lanes_at < (LOOK_BESIDE_S if sweeps_none else LOOK_FOR_LANES_S):
            return
        found: dict[str, list[Lane]] = defaultdict(list)
        for lane in lanes(self._runtime.store):
            found[lane.account].append(lane)
        fresh = {account: tuple(names) for account, names in found.items()}
        if fresh != self._lanes:
            self._lanes = fresh
            self._tidying = {account: cycle(names) for account, names in fresh.items()}
        self._lanes_at = self._clock()

    def _sweep(self, account: str, known: tuple[Lane, ...]) -> None:
        queued = self._lengths()
        processes = self._processes.get(account, (self._me,))
        quota = 0 if queued is None else quota_of_all(processes, queued)
        found = sweep(
            self._runtime.store,
            account,
            self._me,
            services=self._runtime.services,
            most_items=self._most_items,
            quotas={} if queued is None else quotas(self._runtime.services, processes, queued),
            quota=quota,
            tidy=list(islice(self._tidying[account], min(LANES_TIDIED, len(known)))),
        )
        self._due[account] = self._clock() + _wait_s(found)
        if not found.swept:
            self._swept.discard(account)
            return
        self._swept.add(account)
        self._processes[account] = found.processes
        self._log_spoilt(account, found.spoilt)
        for ring in found.rings:
            self._ring(ring.lane, ring.bell)
            if self._queues is not None:
                self._queues[ring.lane.service] = self._queues.get(ring.lane.service, 0) + 1
        self._full = len(found.rings) == quota
        if found.rings:
            self._rang, self._rang_at[account] = True, self._clock()
        self._reclaim(found.abandoned)

    def _log_spoilt(self, account: str, lanes: tuple[str, ...]) -> None:
        for lane in lanes:
            if (account, lane) not in self._spoilt:
                self._log.error(
                    "lane cannot be read, another program wrote to it",
                    account=account,
                    lane=lane,
                )
        self._spoilt.update((account, lane) for lane in lanes)

    # The broker is asked only while doorbells go out: without any, its queues are empty or draining.
    def _lengths(self) -> dict[str, int] | None:
        busy = self._rang or self._queues is None or any(self._queues.values())
        if busy and self._clock() - self._queues_at >= (FULL_QUEUES_S if self._full else QUEUES_S):
            self._queues = self._queue_lengths(self._runtime.services)
            self._queues_at = self._clock()
            self._rang = False
        return self._queues

    # Judged here and settled through advance, fenced by the token: if the drain settles first, this is late.
    def _reclaim(self, abandoned: tuple[Abandoned, ...]) -> None:
        if not abandoned:
            return
        now_ms = server_ms(self._runtime.store)
        by_take: dict[tuple[Lane, str], list[Abandoned]] = defaultdict(list)
        for item in abandoned:
            by_take[item.lane, item.token].append(item)
        for (lane, token), items in by_take.items():
            judge = self._runtime.judge(lane)
            entries = tuple(judge.judge_abandoned(item.message, token, now_ms=now_ms) for item in items)
            advance(
                self._runtime.store,
                lane,
                Ticket(self._me.name, 0),
                mode=Mode.SETTLE,
                settlement=Settlement(token, 0, entries),
            )
            self._log.warning(
                "messages reclaimed from a drain that is gone",
                lane=lane.name,
                token=token,
                messages=len(items),
                msg_keys=[item.message.msg_key for item in items],
            )


def _wait_s(found: SweepResult) -> float:
    if not found.swept:
        return min(HEARTBEAT_S, found.wait_ms / 1000)
    return max(SHORTEST_ROUND_S, found.wait_ms / 1000)
