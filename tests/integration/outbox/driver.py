"""Does everything twice, in Redis and in the model, and compares each answer."""

from __future__ import annotations

from collections import defaultdict
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import GroupClosed
from plexsend.outbox.advance import NothingTaken
from plexsend.outbox.batches import Batch, Effect, EffectKind, Outcome, Settlement, Verdict
from plexsend.outbox.form import FORM
from plexsend.outbox.holds import Reason, Scope, hold_field
from plexsend.outbox.reading import queries
from tests.integration.outbox import told_holds
from tests.integration.outbox.bench import Bench
from tests.integration.outbox.outlook import POLICY
from tests.integration.outbox.passing_time import let_pass
from tests.integration.outbox.persons import Persons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.processes import WorkerProcess
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.sweep import Abandoned, SweepResult
    from tests.integration.outbox.outlook import Drain

GAP_MS = 5_000
KEEP_MS = 43_200
"""How long what ended is kept: exact in days, and no multiple of a step of time."""


class Driver(Persons):
    """Redis and the model side by side. Every method asserts that both say the same."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.bench = Bench(store, POLICY)
        self.bells: list[tuple[Lane, str]] = []
        self._calls: dict[str, int] = defaultdict(int)
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


def _number(kind: EffectKind, size: int) -> int:
    return size if kind is EffectKind.SMALLER else 0
