"""Housekeeping: the thread in every worker process that rings for lanes, reclaims and tidies."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, OutboxMoved
from plexsend.gateway.services import get_service
from plexsend.logs import get_logger, reason_of
from plexsend.outbox.adoption import Adoption
from plexsend.outbox.constants import LONGEST_ROUND_MS
from plexsend.outbox.form import FORM
from plexsend.outbox.reading.queries import routes
from plexsend.outbox.redis.wakeups import FLEET, Wakeups
from plexsend.outbox.sweep import awake, sweep
from plexsend.worker.agreement import Agreement
from plexsend.worker.beat_watch import BeatWatch
from plexsend.worker.bookkeeper import Bookkeeper
from plexsend.worker.doorbells import quota_of_all, quotas
from plexsend.worker.duties import LOOK_BESIDE_S, Duties
from plexsend.worker.form_watch import FormWatch
from plexsend.worker.presence import Presence
from plexsend.worker.reclaim import reclaim
from plexsend.worker.rewind import RewindWatch
from plexsend.worker.service_watch import ServiceWatch
from plexsend.worker.spoilt_log import SpoiltLog
from plexsend.worker.walker import Walker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.processes import WorkerProcess
    from plexsend.worker.memory_file import MemoryFile
    from plexsend.worker.runtime import Runtime

SHORTEST_ROUND_S = 0.01
"""Between two rounds while a lane is due: one that waits for a free worker stays due."""
AGAIN_S = 0.5
"""Until the next try after a failed one."""
LOOK_FOR_LANES_S = 30.0
"""Between two looks for lanes where their number did not change."""
QUEUES_S = 0.2
"""How old the lengths of the broker's queues may be while doorbells go out."""
FULL_QUEUES_S = 0.05
"""The same once as many doorbells wait as the threads can use: short drains make room within moments."""
MOVED_AFTER_S = 5.0
"""How long an account may be announced without its first message before it counts as moved away."""
LANES_TIDIED = 5
"""Lanes looked at for retention in one round."""


class Housekeeping:
    """Gives its process's sign of life, and sweeps the accounts that fall to it.

    Of the processes that are alive one is elected for each account. Where it does not sweep, whatever the
    reason, another does after a while.
    """

    def __init__(
        self,
        runtime: Runtime,
        me: WorkerProcess,
        *,
        ring: Callable[[Lane, str], None],
        queue_lengths: Callable[[Iterable[str]], dict[str, int] | None],
        purge: Callable[[str], int] = lambda _: 0,
        presence: Presence | None = None,
        wakeups: Wakeups | None = None,
        memory_file: MemoryFile | None = None,
        tick: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = elapsed_s,
    ) -> None:
        self._runtime = runtime
        self._ring = ring
        self._queue_lengths = queue_lengths
        self._purge = purge
        self._presence = presence or Presence(runtime, lambda: me.services, me.pool_size, clock=clock)
        self._watch = ServiceWatch(runtime, self._presence)
        self._beat_watch = BeatWatch(runtime, self._presence, tick, clock)
        self._agreement = Agreement(runtime, clock)
        self._wakeups = wakeups or Wakeups(runtime.store, runtime.stop)
        self._clock = clock
        self._log = get_logger("worker.housekeeping").bind(process=runtime.name)
        self._lanes: dict[str, tuple[Lane, ...]] = {}
        self._lanes_seen = -1
        self._lanes_at = float("-inf")
        self._adoption = Adoption(runtime.store)
        self._form_watch = FormWatch(runtime, clock=clock)
        self._moved_at: dict[str, float] = {}
        self._tidying: dict[str, Iterator[Lane]] = {}
        self._walker = Walker(runtime.store, runtime.name, clock)
        self._spoilt_log = SpoiltLog(runtime.store, runtime.name, self._walker.look_soon)
        self._rewind = RewindWatch(runtime)
        self._memory_file = memory_file
        self._due: dict[str, float] = {}
        # None: the broker does not answer, so no doorbell can be sent either.
        self._queues: dict[str, int] | None = {}
        self._queues_at = float("-inf")
        self._rang = False
        self._full = False
        self._rang_at: dict[str, float] = {}
        self._failing: set[str] = set()
        self._most_items = {service: get_service(service).product.most_items for service in runtime.services}
        self._nudged = False
        self._orphans_at = clock()
        self._duties = Duties(runtime.store, self._presence, clock)
        self._bookkeeper = Bookkeeper(runtime.store, clock)
        self._swept: set[str] = set()
        """Those that it swept last: it alone is nudged for them."""
        self._dropped: dict[str, frozenset[str]] = {}
        """Account → processes that are gone and whose leases were dropped there."""

    def run(self) -> None:
        """Run rounds until the process stops. No fault ends it: the next round tries again."""
        while not self._runtime.stop.is_set():
            if not self._try("", self._round_and_wait, "0 round"):
                self._runtime.stop.wait(AGAIN_S)
        self._try("", self._presence.leave)
        self._write_memory(at_once=True)
        self._wakeups.close()

    def _round_and_wait(self) -> None:
        for account in self._wakeups.wait(self._swept, self.round()):
            if account == FLEET:
                self._nudged = True
            else:
                self._due[account] = 0.0

    def round(self) -> float:
        """Sweep every account whose time has come; returns the seconds until the next is due.

        A failure of one account does not keep the others from being swept.
        """
        steps: dict[str, Callable[[], object]] = {
            "1 form": lambda: self._form_watch.look(self._lanes),
            "2 beat": self._beat,
            "2 rewind": self._rewind.look,
            "3 agree": self._agree,
            "4 lanes": self._look_for_lanes,
        }
        if not all(self._try("", step, name) for name, step in steps.items()):
            return AGAIN_S
        self._write_memory()
        self._try("", self._look_beside, "5 beside")
        self._try("", self._runtime.policies.renew, "6 renew")
        self._try("", self._walker.step, "7 walk")
        self._try("", self._beat_watch.look, "10 beat")
        # Programs that know an older form count nothing by day.
        if self._runtime.form == FORM:
            self._try("", partial(self._bookkeeper.step, self._swept), "9 days")
        self._try("", partial(self._runtime.instruments.flush_when_due, self._runtime.store), "8 metrics")
        for account, known in self._in_turn():
            if self._runtime.stop.is_set():
                break
            if self._due.get(account, 0.0) <= self._clock() and not self._try(
                account, partial(self._sweep, account, known)
            ):
                self._due[account] = self._clock() + AGAIN_S
        now = self._clock()
        waits = [self._due.get(account, now) - now for account in self._duties.all if account in self._lanes]
        return max(0.0, min([self._presence.due_in_s(), self._walker.due_in_s(), *waits]))

    # Where Redis forgot the announcement, it is written again before this process counts as seen.
    def _beat(self) -> None:
        at_once = self._nudged or self._runtime.caution.waits_for_sign()
        self._nudged = False
        if self._presence.beat(at_once=at_once):
            # Of an idle account the next round is seconds away, and a nudge may be lost.
            for account in awake(self._runtime.store, self._swept):
                if self._due.get(account, 0.0) - self._clock() > LONGEST_ROUND_MS / 1000:
                    self._due[account] = 0.0
            gone = self._presence.gone
            self._dropped = {account: names & gone for account, names in self._dropped.items()}

    def _write_memory(self, *, at_once: bool = False) -> None:
        if self._memory_file is not None:
            presence = self._presence
            self._memory_file.write(self._runtime.memory, presence.name, presence.sign_ms, at_once=at_once)

    def _agree(self) -> None:
        self._agreement.look(self._presence.fleet, self._duties.all)

    def _look_beside(self) -> None:
        for account in self._duties.renew(self._lanes):
            self._due[account] = 0.0
        self._swept &= self._duties.all
        if self._clock() - self._orphans_at >= LOOK_BESIDE_S:
            self._orphans_at = self._clock()
            # A process that sweeps nothing has not seen the processes of an older program.
            if self._swept:
                self._watch.take_out_orphans(self._purge)

    # The account rung least recently comes first: the accounts share the doorbells of a service.
    def _in_turn(self) -> list[tuple[str, tuple[Lane, ...]]]:
        sweeps = self._duties.all
        mine = ((account, known) for account, known in self._lanes.items() if account in sweeps)
        return sorted(mine, key=lambda item: self._rang_at.get(item[0], 0.0))

    def _try(self, account: str, step: Callable[[], object], name: str = "") -> bool:
        # Of the whole fleet's steps each fails by itself: one that succeeds says nothing about the next.
        part = account or name
        try:
            step()
        except Exception as exc:  # noqa: BLE001  the thread's edge: without it nothing would be rung again
            if self._is_only_announced(account, exc):
                return False
            if part not in self._failing:
                self._log.warning(
                    "housekeeping failed, trying again",
                    account=account,
                    reason=reason_of(exc),
                    kind=type(exc).__name__,
                    exc_info=not isinstance(exc, OutboxError),
                )
            self._failing.add(part)
            return False
        self._failing.discard(part)
        self._moved_at.pop(account, None)
        return True

    # A producer announces an account a moment before its first message, which shows that the account is here.
    def _is_only_announced(self, account: str, exc: Exception) -> bool:
        if not isinstance(exc, OutboxMoved) or account in self._swept:
            return False
        return self._clock() - self._moved_at.setdefault(account, self._clock()) < MOVED_AFTER_S

    def _look_for_lanes(self) -> None:
        seen = self._presence.lanes
        if seen == self._lanes_seen and self._clock() < self._lanes_at:
            return
        found: dict[str, list[Lane]] = defaultdict(list)
        known = routes(self._runtime.store)
        whole = self._adoption.adopt(known)
        for lane in known:
            found[lane.account].append(lane)
        fresh = {account: tuple(names) for account, names in found.items()}
        if fresh != self._lanes:
            self._lanes = fresh
            self._tidying = {account: cycle(names) for account, names in fresh.items()}
        self._lanes_at, self._lanes_seen = self._clock() + (LOOK_FOR_LANES_S if whole else AGAIN_S), seen

    def _sweep(self, account: str, known: tuple[Lane, ...]) -> None:
        queued = self._lengths()
        serving = self._watch.look(account)
        quota = 0 if queued is None else quota_of_all(serving.threads, queued)
        gone = self._presence.gone - self._dropped.get(account, frozenset())
        call = partial(
            sweep,
            self._runtime.store,
            account,
            self._presence.me,
            services=self._runtime.services,
            most_items=self._most_items,
            quotas={} if queued is None else quotas(self._runtime.services, serving.able, queued),
            quota=quota,
            gone=gone,
            served=serving.served,
            fresh=serving.fresh,
            addresses=serving.addresses,
            tidy=list(islice(self._tidying[account], min(LANES_TIDIED, len(known)))),
        )
        found = call()
        if not found.swept and account in self._duties.mine:
            # A process that did not notice yet, or one of an older program, which elects nobody.
            found = call(takes_from=found.who)
        self._due[account] = self._clock() + max(SHORTEST_ROUND_S, found.wait_ms / 1000)
        if not found.swept:
            self._swept.discard(account)
            self._duties.adopted.discard(account)
            self._watch.forget(account)
            return
        self._swept.add(account)
        if found.dropped:
            self._dropped[account] = self._dropped.get(account, frozenset()) | gone
        self._spoilt_log.note(account, found)
        for ring in found.rings:
            self._ring(ring.lane, ring.bell)
            if self._queues is not None:
                self._queues[ring.lane.service] = self._queues.get(ring.lane.service, 0) + 1
        self._full = len(found.rings) == quota
        if found.rings:
            self._rang, self._rang_at[account] = True, self._clock()
        reclaim(self._runtime, found.abandoned)
        if self._watch.note(account, found):
            self._due[account] = 0.0

    # The broker is asked only while doorbells go out: without any, its queues are empty or draining.
    def _lengths(self) -> dict[str, int] | None:
        busy = self._rang or self._queues is None or any(self._queues.values())
        if busy and self._clock() - self._queues_at >= (FULL_QUEUES_S if self._full else QUEUES_S):
            self._queues = self._queue_lengths(self._runtime.services)
            self._queues_at = self._clock()
            self._rang = False
        return self._queues
