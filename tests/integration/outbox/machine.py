"""What may happen to an outbox, in any order: what producers, workers and persons do, and what goes wrong.

Time goes by in steps of four seconds, and every delay is a multiple of them, so the moments that a run itself
takes never decide anything.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from plexsend.outbox.batches import Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import BULK, STANDARD
from tests.integration.outbox.books import assert_books_agree
from tests.integration.outbox.deeds import (
    GOOD,
    STEP_MS,
    Answer,
    Deed,
    Mishap,
    What,
    deeds,
    end_times,
    forms,
    picks,
    reclaims,
    send_times,
)
from tests.integration.outbox.driver import Driver
from tests.integration.outbox.outlook import POLICY, Drain
from tests.integration.outbox.persons import POSSIBLE

if TYPE_CHECKING:
    from plexsend.outbox.batches import Batch, Settlement
    from plexsend.outbox.redis.store import Store

GROUP = "spring"
# One fills batches with the lane without a group of its route, the other has a route of its own.
GROUPED = (Lane("mms-bulk", None, "main", GROUP), Lane("mms-standard", "RMM", "main", GROUP))
LANES = (BULK, STANDARD, *GROUPED)
SERVICES = (BULK.service, STANDARD.service)
MOST_LIVELY = 80
"""Few enough that one take looks through all, which the model takes for granted."""
THINGS = [
    (Scope.ACCOUNT, "main"),
    *((Scope.SERVICE, service) for service in SERVICES),
    *((Scope.LANE, lane.name) for lane in LANES),
    (Scope.LANE, GROUPED[1].route.name),
    (Scope.GROUP, GROUP),
]
HEARD_OF = (State.SENDING, State.UNCERTAIN, State.ACCEPTED, State.UNKNOWN, State.UNDELIVERED)
LIVELY = (State.SCHEDULED, State.WAITING, State.SENDING)


class OutboxMachine(RuleBasedStateMachine):
    """Two workers on two lanes and a group of one account.

    `store` is set by the test, and is emptied for each run.
    """

    store: ClassVar[Store]

    def __init__(self) -> None:
        super().__init__()
        self.store.client.flushdb()
        self.driver = Driver(self.store)
        self.processes = [WorkerProcess(name, 16, SERVICES) for name in ("p1", "p2")]
        self.drains: list[Drain] = []
        self.ghosts: list[tuple[Lane, Batch]] = []
        self.has_webhook = False
        self.names = 10
        self.keys = 0

    # Producers

    @initialize(n=st.integers(0, 14), form=forms, has_webhook=st.sampled_from([True, True, False]))
    def submit_at_first(self, n: int, form: int, *, has_webhook: bool) -> None:
        self.has_webhook = has_webhook
        for lane in LANES:
            self.driver.submit(lane, self._new_keys(n), b"1", None, None, form=form)

    @rule(
        lane=st.sampled_from(LANES),
        n=st.integers(0, 14),
        old=st.lists(picks, max_size=3),
        body=st.sampled_from([b"1"] * 7 + [b"2"]),
        times=st.tuples(send_times, end_times),
        form=forms,
    )
    def submit(
        self,
        lane: Lane,
        n: int,
        old: list[int],
        body: bytes,
        times: tuple[int | None, int | None],
        *,
        form: int,
    ) -> None:
        """New messages, and some that are known."""
        keys = self._new_keys(n) + [f"k{number % (self.keys + 1):03}" for number in old]
        self.driver.submit(lane, keys, body, *times, form=form)

    # Workers

    @rule(deeds=st.lists(deeds, min_size=1, max_size=8))
    def workers_work(self, deeds: list[Deed]) -> None:
        for deed in deeds:
            if deed.what in (What.STARTS, What.IS_RUNG_FOR):
                self._start(deed)
            elif deed.what is What.LATE and self.ghosts:
                self._tell_late(deed)
            elif deed.what not in (What.STARTS, What.LATE) and self.drains:
                self._go_on(self.drains.pop(deed.pick % len(self.drains)), deed)

    @rule(mishap=st.sampled_from(Mishap), pick=picks)
    def mishap(self, mishap: Mishap, pick: int) -> None:
        if mishap is Mishap.BELL_LOST and self.driver.bells:
            self.driver.bells.pop(pick % len(self.driver.bells))
        elif mishap is Mishap.PROCESS_REPLACED:
            self._replace(pick % 2)
        elif mishap is Mishap.EVERYBODY_AWAY:
            self.driver.let_pass((2 + pick % 20) * STEP_MS)

    # The gateway

    @rule(came=st.lists(st.tuples(picks, st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
    def receipts_come(self, came: list[tuple[int, int, int]]) -> None:
        """In most of the runs; mostly for what is being sent, or was."""
        known = self.driver.model.messages.items()
        if not self.has_webhook or not known:
            return
        for pick, rank, fitting in came:
            heard_of = sorted(key for key, told in known if fitting and told.state in HEARD_OF)
            keys = heard_of or [*sorted(self.driver.model.messages), "nobody"]
            self.driver.receive(keys[pick % len(keys)], rank)

    # Housekeeping

    @rule(steps=st.integers(1, 14), plan=reclaims, judged=st.booleans())
    def time_goes_by(self, steps: int, plan: list[Outcome], *, judged: bool) -> None:
        for _ in range(steps):
            self.driver.let_pass(STEP_MS)
            for process in self.processes:
                self.driver.sweep(process, plan, judged=judged)

    @rule(pick=picks, quota=st.integers(0, 3))
    def sweep(self, pick: int, quota: int) -> None:
        self.driver.sweep(self.processes[pick % 2], [Outcome.RETRY], judged=True, quota=quota)

    # Persons

    @rule(act=st.sampled_from(Act), pick=picks, fitting=st.integers(0, 4))
    def ask(self, act: Act, pick: int, fitting: int) -> None:
        """Mostly for a message for which it is possible."""
        known = self.driver.model.messages.items()
        keys = sorted(key for key, told in known if not fitting or told.state in POSSIBLE[act]) or ["nobody"]
        self.driver.ask(act, keys[pick % len(keys)])

    @rule(interrupted=st.booleans())
    def cancel_group(self, *, interrupted: bool) -> None:
        """Close it and cancel all of it, or be interrupted on the way."""
        self.driver.cancel_group(GROUP, interrupted=interrupted)

    @rule()
    def open_group(self) -> None:
        """Let messages into it again."""
        self.driver.resume(Scope.GROUP, GROUP)

    @rule(pick=picks, in_ms=st.sampled_from([0, STEP_MS, 4 * STEP_MS]), fitting=st.integers(0, 4))
    def reschedule(self, pick: int, in_ms: int, fitting: int) -> None:
        """Mostly of a message for which it is possible."""
        known = self.driver.model.messages.items()
        keys = sorted(key for key, told in known if not fitting or told.state in LIVELY) or ["nobody"]
        self.driver.reschedule(keys[pick % len(keys)], in_ms)

    @rule(service=st.sampled_from(SERVICES), parks=st.booleans(), most=st.sampled_from([None, None, 2, 4]))
    def set_policies(self, service: str, *, parks: bool, most: int | None) -> None:
        """Mostly of what becomes of what may have been sent, while it is under way."""
        if most is None:
            self.driver.park(service, parks=parks)
        else:
            self.driver.limit_connections(service, most)

    @rule(thing=st.sampled_from(THINGS), resumes=st.integers(0, 4))
    def steer(self, thing: tuple[Scope, str], resumes: int) -> None:
        if resumes:
            self.driver.resume(*thing)
        else:
            self.driver.pause(*thing)

    # What must hold after every step, and at the end

    @invariant()
    def books_agree(self) -> None:
        assert_books_agree(self.store, self.driver.model, LANES, POLICY.connections)

    def teardown(self) -> None:
        """Whatever happened: with all holds ended, doorbells alone bring every message to its end."""
        if sys.exc_info()[0] is not None:
            return
        for scope, what in THINGS:
            self.driver.resume(scope, what)
        rounds = 0
        while any(told.state in LIVELY for told in self.driver.model.messages.values()):
            rounds += 1
            assert rounds < 60, {k: told.state for k, told in self.driver.model.messages.items()}
            self._serve_for_a_step()
        self.books_agree()
        assert audit(self.store).discrepancies == ()

    def _serve_for_a_step(self) -> None:
        self.driver.let_pass(STEP_MS)
        self.driver.sweep(self.processes[1], [Outcome.RETRY], judged=True)
        while self.driver.bells:
            lane, bell = self.driver.bells.pop()
            drain = self._new_drain(lane, self.processes[1].name)
            self.driver.advance(drain, None, bell=bell)
            while drain.batch is not None:
                self.driver.advance(drain, self._judge(drain.batch, GOOD))

    def _new_keys(self, n: int) -> list[str]:
        living = sum(told.state in LIVELY for told in self.driver.model.messages.values())
        n = min(n, MOST_LIVELY - living)
        self.keys += n
        return [f"k{number:03}" for number in range(self.keys - n, self.keys)]

    def _judge(self, batch: Batch | None, answer: Answer) -> Settlement | None:
        return self.driver.judge(batch, answer.plan, answer.delay_ms, answer.kinds, alone=answer.alone)

    def _replace(self, which: int) -> None:
        old = self.processes[which].name
        self.names += 1
        self.processes[which] = WorkerProcess(f"p{self.names}", 16, SERVICES)
        for drain in [drain for drain in self.drains if drain.process == old]:
            self.drains.remove(drain)
            self._haunt(drain)

    def _new_drain(self, lane: Lane, process: str) -> Drain:
        self.names += 1
        return Drain(f"{process}.{self.names}", lane)

    def _start(self, deed: Deed) -> None:
        lane, bell = LANES[deed.pick % len(LANES)], ""
        if deed.what is What.IS_RUNG_FOR:
            if not self.driver.bells:
                return
            lane, bell = self.driver.bells.pop(0)
        drain = self._new_drain(lane, self.processes[deed.pick // 2 % 2].name)
        self.driver.advance(drain, None, bell=bell, lost=deed.lost)
        self._keep(drain)

    def _go_on(self, drain: Drain, deed: Deed) -> None:
        if deed.what is What.DIES:
            self._haunt(drain)
            return
        settlement = self._judge(drain.batch, deed.answer)
        if deed.what is What.STOPS:
            self.driver.stop(drain, settlement, lost=deed.lost)
            return
        self.driver.advance(drain, settlement, lost=deed.lost)
        self._keep(drain)

    def _tell_late(self, deed: Deed) -> None:
        lane, batch = self.ghosts.pop(deed.pick % len(self.ghosts))
        self.driver.stop(self._new_drain(lane, "p1"), self._judge(batch, deed.answer), lost=deed.lost)

    def _keep(self, drain: Drain) -> None:
        if drain.batch is not None:
            self.drains.append(drain)

    def _haunt(self, drain: Drain) -> None:
        if drain.batch is not None:
            self.ghosts.append((drain.lane, drain.batch))
