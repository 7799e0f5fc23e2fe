"""Programs of 0.2.0 and of this version on one outbox: side by side, over to the new form, and after it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from redis.exceptions import ResponseError

from plexsend.outbox import form as form_module
from plexsend.outbox.form import FORM, OLD_FORM
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.replies import number
from plexsend.worker.form_watch import LOOK_S
from tests.integration.outbox.passing_time import let_pass
from tests.integration.worker.room import BULK, STANDARD, Room, ScriptedClient, names
from tests.upgrade.old_program import OldProgram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store

LANES = (BULK, STANDARD)
STEP_S = 50


class Pair:
    """One old program and one new worker beside it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.old = OldProgram(store)
        self.new = Room(store, ScriptedClient())
        self.submitted: list[str] = []

    def submit(self, word: str, *, by_old: bool) -> None:
        """Submit 15 messages to each lane."""
        for lane in LANES:
            keys = [f"{word}-{lane.service}-{i}" for i in range(15)]
            if by_old:
                assert self.old.submit(lane, keys) == ["added"] * 15
            else:
                self.new.submit(lane, keys)
            self.submitted += keys

    def pass_time(self, *, old_lives: bool = False) -> int:
        """Let time pass, then let those look that live; returns the form in force."""
        for account in queries.accounts(self.store):
            let_pass(self.store, account, STEP_S * 1000)
        for name in (b"seen", b"watched"):
            at = number(self.store.client.hget(self.store.keys.older, name))
            if at:
                self.store.client.hset(self.store.keys.older, name, at - STEP_S * 1000)
        if old_lives:
            self.old.sweep()
        self.new.now_s += max(STEP_S, LOOK_S)
        self.new.housekeeping.round()
        return self.new.runtime.form

    def finish(self) -> None:
        """Let the new worker send what is left, and check that every message went once."""
        self.new.work_until(lambda: set(self.new.states(*LANES)) == {"accepted"})
        sent = Counter([*self.old.sent, *(key for request in self.new.sent for key in request)])
        assert sent == Counter(self.submitted)
        found = audit(self.store)
        assert (found.ok, found.messages) == (True, len(self.submitted)), found.discrepancies

    def go_over(self) -> None:
        """Let the ten minutes without the old program pass."""
        for _ in range(15):
            if self.pass_time() == FORM:
                return
        raise AssertionError("the new form is not in force")


@pytest.fixture
def pair(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """A pair on an outbox that the old program has begun."""
    monkeypatch.setattr(form_module, "_KEPT_S", -1.0)
    pair = Pair(store)
    pair.submit("before", by_old=True)
    pair.old.sweep()
    yield pair
    assert audit(store).discrepancies == ()


def test_both_serve_one_outbox_for_ten_minutes_and_every_message_goes_once(pair: Pair) -> None:
    for minute in range(12):
        pair.submit(f"old{minute}", by_old=True)
        pair.submit(f"new{minute}", by_old=False)
        # What the old one rang for with its last look has lapsed.
        pair.new.let_pass(6)
        if minute % 2:
            pair.old.sweep()
            pair.old.drain(LANES[minute // 2 % 2])
        pair.new.work()
        assert pair.pass_time(old_lives=True) == OLD_FORM
    assert pair.old.sent
    assert pair.new.sent
    pair.finish()
    # The record of a message that the new program took in is one that the old one reads.
    named = pair.store.client.hget(pair.store.keys.record("main", f"new0-{BULK.service}-0"), "l")
    assert named == BULK.name.encode()


def test_fleet_goes_over_when_the_old_program_has_gone_and_nothing_is_lost(pair: Pair) -> None:
    pair.old.sweep()
    # What the old program had under way when it ended, and what it left.
    pair.old.take(BULK, "old.99")
    pair.submit("left", by_old=True)
    pair.go_over()
    pair.submit("after", by_old=False)
    pair.new.work_until(lambda: set(pair.new.states(*LANES)) == {"accepted"})
    assert {key for request in pair.new.sent for key in request} == set(pair.submitted)
    assert pair.store.client.hget(pair.store.keys.record("main", f"after-{BULK.service}-0"), "l") in (
        b"1",
        b"2",
    )


def test_sweep_lease_of_the_old_program_is_taken_over(pair: Pair) -> None:
    sweep = f"{pair.store.keys.account('main')}sweep"
    assert pair.store.client.hget(sweep, "who") == b"old"
    pair.new.work()
    assert pair.store.client.hget(sweep, "who") == pair.new.me.name.encode()
    pair.finish()


def test_old_producer_goes_on_in_the_new_form(pair: Pair) -> None:
    pair.new.work()
    pair.go_over()
    pair.submit("late", by_old=True)
    second = Lane("mms-bulk", None, "second")
    assert pair.old.submit(second, names(12)) == ["added"] * 12
    pair.new.work_until(lambda: pair.new.states(second) == {"accepted": 12})
    assert pair.old.submit(BULK, [f"late-{BULK.service}-0"]) == ["duplicate"]
    pair.submitted += names(12)
    pair.finish()


def test_old_worker_is_shut_out_of_the_new_form(pair: Pair) -> None:
    pair.new.work()
    pair.go_over()
    pair.submit("waits", by_old=False)
    before = pair.new.states(*LANES)
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        pair.old.sweep()
    assert pair.new.states(*LANES) == before
    pair.finish()


def test_doorbell_of_the_new_form_is_not_a_lane_to_0_2_0() -> None:
    from plexsend.worker.process import _IN_FORM_2  # noqa: PLC0415  only here

    lane = re.compile(r"([a-z0-9-]{1,32})(?:\.([A-Z]{1,8}))?@([a-z0-9-]{1,32})")
    assert lane.fullmatch(BULK.name)
    assert not lane.fullmatch(f"{_IN_FORM_2}{BULK.name}")


def test_verdict_of_an_old_drain_counts_after_the_fleet_went_over(pair: Pair) -> None:
    keys, batch = pair.old.take(BULK, "old.7")
    pair.go_over()
    pair.old.stop(BULK, "old.7", 2, batch, keys)
    assert {pair.new.record(key).state for key in keys} == {"accepted"}
