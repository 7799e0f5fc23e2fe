"""Does everything twice, in Redis and in the model, and compares each answer."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import GroupClosed
from plexsend.outbox import groups, steer
from plexsend.outbox.advance import NothingTaken
from plexsend.outbox.batches import Batch, Effect, EffectKind, Outcome, Settlement, Verdict
from plexsend.outbox.form import FORM
from plexsend.outbox.holds import Reason, Scope, hold_field
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.groups import lanes_of
from plexsend.outbox.replies import text
from plexsend.outbox.states import DEAD, State
from plexsend.outbox.steer import Act
from plexsend.settings import OnUncertain, Policy
from tests.integration.outbox import told_holds
from tests.integration.outbox.bench import Bench
from tests.integration.outbox.model import MOST_DUE, Beside, Model
from tests.integration.outbox.passing_time import let_pass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.processes import WorkerProcess
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.sweep import Abandoned, SweepResult

POLICY = Policy(
    rate_per_s=0,
    linger_ms=0,
    connections=4,
    reclaim_s=told_holds.RECLAIM_MS // 1000,
    shut_first_s=told_holds.SHUT_FIRST_MS / 1000,
    shut_longest_s=told_holds.SHUT_LONGEST_MS / 1000,
    credit_hold_s=told_holds.CREDIT_FIRST_MS / 1000,
    credit_hold_longest_s=told_holds.CREDIT_LONGEST_MS / 1000,
)
GAP_MS = 5_000
KEEP_MS = 43_200
"""How long what ended is kept: exact in days, and no multiple of a step of time."""
RELEASABLE = {
    Scope.ACCOUNT: (Reason.PAUSE, Reason.CREDIT, Reason.AUTH),
    Scope.SERVICE: (Reason.PAUSE,),
    Scope.GROUP: (Reason.PAUSE,),
    Scope.LANE: (Reason.PAUSE, Reason.FAULT, Reason.SHUT, Reason.SIZE),
}
POSSIBLE = {
    Act.CANCEL: (State.WAITING, State.SCHEDULED, State.SENDING),
    Act.REQUEUE: DEAD,
    Act.DROP: DEAD,
    Act.ACCEPTED: (State.UNCERTAIN,),
    Act.RESEND: (State.UNCERTAIN,),
    Act.FAILED: (State.UNCERTAIN,),
}


@dataclass
class Drain:
    """A drain as its worker knows it."""

    name: str
    lane: Lane
    batch: Batch | None = None

    @property
    def process(self) -> str:
        """The process it runs in."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Found:
    """A lane beside another, and whether it is sure that a take looks at it."""

    there: Beside
    sure: bool


class Driver:
    """Redis and the model side by side. Every method asserts that both say the same."""

    def __init__(self, store: Store) -> None:
        self.store = store
        # Records of both forms are side by side: a fleet goes over while those of the older one wait.
        store.client.set(store.keys.format, FORM)
        self.bench = Bench(store, POLICY)
        self.model = Model()
        self.bells: list[tuple[Lane, str]] = []
        self._connections: dict[str, int] = defaultdict(lambda: POLICY.connections)
        self._calls: dict[str, int] = defaultdict(int)
        self._sent: set[str] = set()
        self._paused_services: set[str] = set()
        self._announced: set[Lane] = set()
        self._quiet_ms = 0
        self._swept_ms: int | None = None

    def submit(
        self,
        lane: Lane,
        keys: Sequence[str],
        body: bytes,
        send_in_ms: int | None,
        expires_in_ms: int | None,
        *,
        form: int = FORM,
    ) -> None:
        """Submit messages; `form`: how their records are written. That of 0.2.0 knows no groups."""
        form = FORM if lane.group else form
        if lane.group in self.model.closed:
            with pytest.raises(GroupClosed):
                self.bench.submit(keys or ["k"], lane, body=body, form=form)
            return
        now_ms, told_ms = queries.server_ms(self.store), self.model.now_ms

        def after(base_ms: int, ms: int | None) -> int | None:
            return None if ms is None else base_ms + ms

        times = {"send_at_ms": after(now_ms, send_in_ms), "expires_at_ms": after(now_ms, expires_in_ms)}
        answers = self.bench.submit(keys, lane, body=body, form=form, **times)
        due_ms, expires_ms = after(told_ms, send_in_ms), after(told_ms, expires_in_ms)
        told = [self.model.submit(lane, key, body, due_ms=due_ms, expires_ms=expires_ms) for key in keys]
        assert [(submitted.outcome, submitted.state) for submitted in answers] == told
        self._sent -= {key for key, (known, _) in zip(keys, told, strict=True) if known == "added"}
        self._announced.add(lane)
        if lane.service in self._paused_services:
            self.model.holds.barred.add(hold_field(Scope.SERVICE, Reason.PAUSE, lane.service))

    def advance(
        self, drain: Drain, settlement: Settlement | None, *, bell: str = "", lost: bool = False
    ) -> None:
        """Let a drain settle and take; `lost`: the reply is lost, so it asks again."""
        answer = self._advance(drain, settlement, bell)
        if lost and isinstance(answer, Batch):
            assert self.bench.repeat(drain.name) == answer
        elif lost:
            answer = self._advance(drain, settlement, bell, repeated=True)
        drain.batch = answer if isinstance(answer, Batch) else None

    def stop(self, drain: Drain, settlement: Settlement | None, *, lost: bool = False) -> None:
        """Let a drain settle and end its slice."""
        if self.model.holds.is_probe(settlement):
            self._await_next_ms()
        rest = self.bench.stop(drain.name, settlement, drain.lane)
        self._calls[drain.name] += 1
        if lost:
            assert self.bench.repeat(drain.name) == rest
        for _ in range(1 + lost):
            if settlement is not None:
                self.model.settle(drain.lane, settlement)
            self.model.holds.forget_take(drain.name)
        if rest.bell:
            self.bells.append((drain.lane, rest.bell))

    def judge(
        self,
        batch: Batch | None,
        plan: Iterable[Outcome],
        delay_ms: int,
        kinds: Iterable[EffectKind],
        *,
        alone: bool,
    ) -> Settlement | None:
        """Return what an answer makes of a batch. What was given back was not sent."""
        if batch is None:
            return None
        entries = tuple(
            Verdict(message.msg_key, batch.token, outcome, delay_ms=delay_ms, alone=alone)
            for message, outcome in zip(batch.messages, cycle(plan), strict=False)
        )
        self._sent -= {entry.msg_key for entry in entries if entry.outcome is Outcome.BACK}
        size = len(entries)
        effects = (Effect(EffectKind.REQUEST, size), *(Effect(kind, _number(kind, size)) for kind in kinds))
        return Settlement(batch.token, batch.take, entries, effects)

    def let_pass(self, ms: int) -> None:
        """Let time pass, with nobody there."""
        let_pass(self.store, "main", ms)
        self.model.now_ms += ms

    def sweep(
        self,
        process: WorkerProcess,
        plan: Iterable[Outcome],
        *,
        judged: bool,
        quota: int = 8,
    ) -> None:
        """Do a round of housekeeping; unless `judged`, the sweeper dies before it settles what it found."""
        found = self.bench.sweep(process, quota=quota, keep_ms=KEEP_MS, tidy=self._announced)
        if not found.swept:
            assert self._swept_ms is not None, "nobody swept before, and yet somebody has the lease"
            return
        if self._swept_ms is not None and self.model.now_ms - self._swept_ms > GAP_MS:
            self._quiet_ms = self.model.now_ms + told_holds.RECLAIM_MS
        self._swept_ms = self.model.now_ms
        self._check_round(found)
        self.model.archive(KEEP_MS)
        if judged:
            self._reclaim(found.abandoned, plan)

    def ask(self, act: Act, key: str) -> None:
        """Ask for something for one message."""
        told = self.model.messages.get(key)
        possible = told is not None and told.state in POSSIBLE[act]
        if told is not None and act in (Act.REQUEUE, Act.RESEND) and told.lane.group in self.model.closed:
            possible = False
        assert steer.ask(self.store, "main", key, act).done == possible
        if possible and act is Act.REQUEUE:
            # The gateway refused it for certain, so sending it again is no second sending.
            self._sent.discard(key)
        self.model.steer(act, key)

    def cancel_group(self, group: str, *, interrupted: bool) -> None:
        """Close and cancel a group; `interrupted`: only its first lane is gone through."""
        self.model.closed.add(group)
        lanes = lanes_of(self.store, "main", group)
        told = [self.model.cancel_lane(lane) for lane in (lanes[:1] if interrupted else lanes)]
        if interrupted and lanes:

            def interrupt(*_: int) -> None:
                raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                groups.cancel(self.store, "main", group, by="anna", why="x", report=interrupt)
            return
        done = groups.cancel(self.store, "main", group, by="anna", why="x")
        assert (done.cancelled, done.wanted) == (sum(n for n, _, _ in told), sum(n for _, n, _ in told))
        assert set(done.parked) == {key for _, _, parked in told for key in parked}

    def reschedule(self, key: str, in_ms: int) -> None:
        """Give a message another time; 0: now."""
        at_ms = queries.server_ms(self.store) + in_ms if in_ms else 0
        told = self.model.reschedule(key, self.model.now_ms + in_ms if in_ms else 0)
        assert steer.reschedule(self.store, "main", key, at_ms).outcome == told

    def park(self, service: str, *, parks: bool) -> None:
        """Set what becomes of what may have been sent, as a person does."""
        value = OnUncertain.PARK if parks else OnUncertain.RESEND
        put(self.store, Where(service), {"on_uncertain": value}, by="anna", reason="x")
        (self.model.parking.add if parks else self.model.parking.discard)(service)

    def limit_connections(self, service: str, most: int) -> None:
        """Set the most requests at once, as a person does; those under way go on."""
        put(self.store, Where(service), {"connections": most}, by="anna", reason="x")
        self._connections[service] = most

    def pause(self, scope: Scope, what: str) -> None:
        """Pause something."""
        steer.pause(self.store, scope, what, account="main", by="anna", why="x")
        if scope is Scope.SERVICE:
            self._paused_services.add(what)
        if scope is not Scope.SERVICE or self._announced:
            self.model.holds.barred.add(hold_field(scope, Reason.PAUSE, what))

    def resume(self, scope: Scope, what: str) -> None:
        """Resume something."""
        self._await_next_ms()
        steer.resume(self.store, scope, what, account="main")
        self._paused_services.discard(what)
        if scope is Scope.GROUP:
            self.model.closed.discard(what)
        self.model.holds.release(hold_field(scope, reason, what) for reason in RELEASABLE[scope])

    def _advance(
        self, drain: Drain, settlement: Settlement | None, bell: str, *, repeated: bool = False
    ) -> Batch | NothingTaken:
        if self.model.holds.is_probe(settlement):
            self._await_next_ms()
        if settlement is not None:
            self.model.settle(drain.lane, settlement)
        room, due, beside = self._has_room(drain, bell), None, None
        if repeated:
            answer = self.bench.repeat(drain.name)
        else:
            self._calls[drain.name] += 1
            due = self._find_due(drain.lane)
            beside = self._find_beside(drain.lane)
            answer = self.bench.call(drain.name, lane=drain.lane, settlement=settlement, bell=bell)
        while isinstance(answer, NothingTaken) and answer.reason == "linger":
            # No linger is set; but what became due in this very call is a few µs ahead.
            self._await_next_ms()
            self._calls[drain.name] += 1
            answer = self.bench.call(drain.name, lane=drain.lane)
        gives_way = isinstance(answer, NothingTaken) and answer.reason == "connections"
        if gives_way and not drain.lane.is_route and self._calls[drain.name] > 1:
            # What has no group waits for the connection.
            room = False
        if beside is not None and not beside.sure and not self._was_looked_at(beside.there.lane):
            beside = None
        keys, probing = self.model.take(
            drain.lane,
            drain.name,
            self._calls[drain.name],
            room=room,
            due=due or [],
            beside=None if beside is None else beside.there,
        )
        if isinstance(answer, NothingTaken):
            assert keys == [], f"expected {keys}, but there is nothing: {answer.reason}"
            return answer
        assert [message.msg_key for message in answer.messages] == keys
        assert answer.probe == probing
        for message in answer.messages:
            unsure = message.may_have_been_sent
            assert unsure or message.msg_key not in self._sent, f"{message.msg_key} is sent twice"
            self._sent.add(message.msg_key)
        return answer

    # What comes due within one moment comes in the order of its scores, which the model does not know. What
    # this very call accepts late, by a verdict that the model has settled already, is not due any more.
    def _find_due(self, lane: Lane) -> list[str]:
        later = self.store.keys.lane("main", lane.name, "later")
        now_ms = queries.server_ms(self.store)
        due = [text(key) for key in self.store.client.zrangebyscore(later, "-inf", now_ms)]
        known = self.model.messages
        return [key for key in due if key in known and known[key].state is State.SCHEDULED][:MOST_DUE]

    # A lane with a group gives to others while it is among those that wake; the very call may wake it.
    def _find_beside(self, lane: Lane) -> Found | None:
        there = next((each for each in self._announced if each.route == lane.route and each != lane), None)
        if there is None:
            return None
        wake = self.store.keys.lane("main", lane.route.name, "wake")
        is_awake = self.store.client.zscore(wake, there.name) is not None
        return Found(Beside(there, self._find_due(there)), sure=there.is_route or is_awake)

    def _was_looked_at(self, lane: Lane) -> bool:
        mine = {
            key: told.state
            for key, told in self.model.messages.items()
            if told.lane == lane and told.state in (State.SCHEDULED, State.WAITING)
        }
        pipe = self.store.client.pipeline(transaction=False)
        for key in mine:
            pipe.hget(self.store.keys.record("main", key), "s")
        return [text(state) for state in pipe.execute()] != list(mine.values())

    def _has_room(self, drain: Drain, bell: str) -> bool:
        now_ms = queries.server_ms(self.store)
        name = self.store.keys.lane("main", drain.lane.route.name, "drains")
        lease = drain.name if drain.lane.is_route else f"{drain.name}/{drain.lane.group}"
        members = {text(key): score for key, score in _scored(self.store, name)}
        others = [key for key, lapses in members.items() if lapses > now_ms and key != bell]
        return lease in members or len(others) < self._connections[drain.lane.service]

    def _check_round(self, found: SweepResult) -> None:
        keys = {item.message.msg_key for item in found.abandoned}
        assert keys <= self.model.abandoned()
        assert not keys or self.model.now_ms >= self._quiet_ms, "reclaimed although it is quiet time"
        for ring in found.rings:
            assert not self.model.holds.gate(ring.lane, self.model.now_ms)[0], "rung for a lane that is held"
            assert self.model.has_work(ring.lane), "rung for a lane with nothing to do"
            self.bells.append((ring.lane, ring.bell))

    def _reclaim(self, abandoned: Iterable[Abandoned], plan: Iterable[Outcome]) -> None:
        takes: dict[tuple[Lane, str], list[str]] = defaultdict(list)
        for item in abandoned:
            takes[item.lane, item.token].append(item.message.msg_key)
        for (lane, token), keys in takes.items():
            entries = tuple(
                Verdict(key, token, outcome, delay_ms=4_000)
                for key, outcome in zip(keys, cycle(plan), strict=False)
            )
            settlement = Settlement(token, 0, entries)
            self.bench.settle(settlement, lane)
            self.model.settle(lane, settlement, for_another=True)

    # So that the end of a hold and a take before it do not happen within one ms of Redis's clock.
    @staticmethod
    def _await_next_ms() -> None:
        time.sleep(0.001)


def _scored(store: Store, name: str) -> list[tuple[bytes, float]]:
    found: Any = store.client.zrange(name, 0, -1, withscores=True)
    return list(found)


def _number(kind: EffectKind, size: int) -> int:
    return size if kind is EffectKind.SMALLER else 0
