"""Housekeeping: doorbells for lanes that are due, and what was abandoned."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox import steer
from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.batches import Batch
from plexsend.outbox.fleet import Announcement, alive, announce, fleet
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.worker import housekeeping as module
from plexsend.worker.election import elect
from plexsend.worker.housekeeping import AGAIN_S, SHORTEST_ROUND_S, Housekeeping
from plexsend.worker.presence import BEAT_S, Presence
from tests.integration.worker.room import BULK, STANDARD, Room, ScriptedClient, accept, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.outbox.redis.store import Store

SECOND = Lane("mms-bulk", None, "second")
LONGEST_ROUND_S = 0.25


def test_due_lane_is_rung_for_and_an_idle_one_is_not(scripted: Room) -> None:
    scripted.submit(BULK, names(10))
    scripted.housekeeping.round()
    assert [lane for lane, _ in scripted.rung] == [BULK]
    scripted.rung.clear()
    scripted.housekeeping.round()
    assert scripted.rung == []


@pytest.mark.parametrize("group", [None, "spring"])
def test_lane_of_an_idle_account_is_rung_for_although_its_nudge_was_lost(
    scripted: Room, group: str | None
) -> None:
    lane = Lane("mms-bulk", None, "main", group)
    scripted.submit(lane, ["first"])
    scripted.work()
    # Nothing waits, so the next sweep is four seconds away.
    scripted.now_s += 1.1
    scripted.housekeeping.round()
    scripted.submit(lane, ["second"])
    scripted.now_s += 1.1
    scripted.housekeeping.round()
    assert [rung for rung, _ in scripted.rung] == [lane]


def test_lanes_of_a_new_account_are_found_while_it_runs(scripted: Room) -> None:
    scripted.housekeeping.round()
    scripted.submit(SECOND, names(10))
    scripted.now_s += 1.1
    scripted.housekeeping.round()
    assert [lane for lane, _ in scripted.rung] == [SECOND]


def test_one_of_two_processes_sweeps_an_account_and_the_other_only_shows_that_it_lives(store: Store) -> None:
    rooms = [Room(store, ScriptedClient()), Room(store, ScriptedClient())]
    rooms[0].submit(BULK, names(10))
    for room in rooms * 2:
        room.now_s += 1.1
        wait_s = room.housekeeping.round()
        assert LONGEST_ROUND_S <= wait_s <= BEAT_S or room.rung
    assert sorted(len(room.rung) for room in rooms) == [0, 1]
    sweeper = elect("main", [room.me.name for room in rooms])
    assert store.client.hget(store.keys.sweep("main"), "who") == sweeper.encode()
    assert {process.name for process in fleet(store)} == {room.me.name for room in rooms}


def test_trouble_of_one_account_does_not_keep_the_others_waiting(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    room.submit(SECOND, names(10))
    here = store.keys.here("main")
    store.client.rename(here, f"{store.keys.prefix}aside")
    for _ in range(5):
        room.now_s += 2
        assert room.housekeeping.round() <= AGAIN_S
    assert [lane for lane, _ in room.rung] == [SECOND]
    # Told once, not in every round.
    assert [record.levelname for record in caplog.records if "account=main" in record.message] == ["WARNING"]
    store.client.rename(f"{store.keys.prefix}aside", here)
    room.now_s += 1
    room.housekeeping.round()
    assert [lane for lane, _ in room.rung] == [SECOND, BULK]


def test_wakes_that_another_program_spoilt_are_made_anew(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    store.client.delete(store.keys.wake("main"))
    store.client.set(store.keys.wake("main"), "no sorted set")
    room.housekeeping.round()
    assert [lane for lane, _ in room.rung] == [BULK]
    (told,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert store.keys.wake("main") in told.message


def test_trouble_of_the_whole_fleet_is_told_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(store, ScriptedClient())
    # Of the steps before the lanes are looked at those that read nothing of it succeed.
    store.client.set(store.keys.lanes, "no set")
    for _ in range(4):
        room.now_s += 1
        room.housekeeping.round()
    assert len([record for record in caplog.records if "housekeeping failed" in record.message]) == 1


def test_account_that_moved_away_is_told_once_and_the_others_go_on(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    room.submit(SECOND, names(10))
    room.housekeeping.round()
    store.client.delete(store.keys.here("main"))
    before = store.client.dump(store.keys.wake("main"))
    for _ in range(4):
        room.now_s += 1
        room.housekeeping.round()
    assert [lane for lane, _ in room.rung].count(SECOND) == 1
    assert store.client.dump(store.keys.wake("main")) == before
    [record] = [record for record in caplog.records if "housekeeping failed" in record.message]
    assert "does not have the account main" in record.message


def test_account_that_is_only_announced_is_no_trouble_for_a_while(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, ScriptedClient())
    store.client.sadd(store.keys.accounts, "main")
    store.client.sadd(store.keys.lanes, BULK.name)
    for _ in range(4):
        room.now_s += 1
        room.housekeeping.round()
    assert not caplog.records
    room.now_s += 10
    room.housekeeping.round()
    assert [record for record in caplog.records if "housekeeping failed" in record.message]


def test_account_that_an_older_program_added_is_adopted(store: Store) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    # As 0.2.0 leaves it.
    store.client.delete(store.keys.here("main"), store.keys.accounts)
    room.work()
    assert store.client.smembers(store.keys.accounts) == {b"main"}
    assert room.states(BULK) == {"accepted": 10}


def test_no_account_waits_for_as_long_as_others_have_work(store: Store) -> None:
    """More accounts with a backlog than there are doorbells: each gets one before any gets its third."""
    accounts = [Lane("mms-bulk", None, f"a{i}") for i in range(48)]
    secrets = {f"PLEXSEND_ACCOUNT_{lane.account.upper()}": "someone;s3cret" for lane in accounts}
    room = Room(store, ScriptedClient(), {"PLEXSEND_CONNECTIONS": "1", **secrets})
    for lane in accounts:
        room.submit(lane, names(500))

    def slow(keys: Sequence[str]) -> Answer:
        room.now_s += 0.2
        return accept(keys)

    room.answer_by(slow)
    served: Counter[str] = Counter()
    for _ in range(2 * len(accounts)):
        room.queued = {"mms-bulk": len(room.rung)}
        room.now_s += 0.5
        room.housekeeping.round()
        lane, bell = room.rung.pop(0)
        room.bell_waits = bool(room.rung)
        room.drain(lane, bell)
        served[lane.account] += 1
    assert len(served) == len(accounts)
    assert max(served.values()) <= 3


def test_broker_that_does_not_answer_stops_the_doorbells_and_nothing_else(store: Store) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    batch = advance(store, BULK, Ticket("gone.1", 1))
    assert isinstance(batch, Batch)
    room.submit(STANDARD, names(10, "s"))
    room.queued = None
    room.now_s += 1
    # The broker is asked once a doorbell has gone out.
    room.housekeeping.round()
    room.rung.clear()
    room.submit(STANDARD, names(50, "more"))
    room.now_s += 1
    store.client.zadd(store.keys.lane("main", BULK.name, "sending"), dict.fromkeys(names(10), 1))
    store.client.zadd(store.keys.wake("main"), {BULK.name: 1, STANDARD.name: 1})
    room.housekeeping.round()
    assert room.rung == []
    assert "sending" not in room.states(BULK), "what was abandoned is reclaimed all the same"
    room.queued = {}
    room.now_s += 1
    room.housekeeping.round()
    assert {lane for lane, _ in room.rung} >= {STANDARD}


def test_lane_that_waits_for_a_free_thread_does_not_make_it_spin(store: Store) -> None:
    room = Room(store, ScriptedClient())
    room.queued = {"mms-bulk": 32}
    room.submit(BULK, names(10))
    room.submit(STANDARD, names(10, "s"))
    room.housekeeping.round()
    room.rung.clear()
    room.now_s += 1
    store.client.zadd(store.keys.wake("main"), {BULK.name: 1})
    store.client.delete(store.keys.lane("main", BULK.name, "drains"))
    waits = []
    for _ in range(5):
        waits.append(room.housekeeping.round())
        room.now_s += waits[-1]
    assert room.rung == []
    assert min(waits) >= SHORTEST_ROUND_S * 0.99


def test_what_a_dead_process_had_is_reclaimed_as_uncertain(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    batch = advance(store, BULK, Ticket("gone.1", 1))
    assert isinstance(batch, Batch)
    for _ in range(4):
        room.let_pass(4)
        room.housekeeping.round()
        assert room.states(BULK) == {"sending": 10}
    for _ in range(14):
        room.let_pass(4)
        room.housekeeping.round()
    room.rung.clear()
    assert room.states(BULK).keys() <= {"scheduled", "waiting"}
    [line] = [record.message for record in caplog.records if "drain that is gone" in record.message]
    assert f"msg_keys={json.dumps(names(10))}" in line
    record = room.record("k-0")
    assert (record.tries, record.attempts, record.alone, record.code) == (1, 0, True, "NO_VERDICT")
    room.work_until(lambda: room.states(BULK) == {"accepted": 10}, within_s=60)


def test_paused_service_is_not_rung_for_until_it_is_resumed(scripted: Room, store: Store) -> None:
    scripted.submit(BULK, names(10))
    steer.pause(store, Scope.SERVICE, "mms-bulk", account=None, by="a test", why="wanted so")
    scripted.submit(SECOND, names(10))
    scripted.work_until(lambda: scripted.passed_s > 60, within_s=100)
    assert scripted.sent == []
    steer.resume(store, Scope.SERVICE, "mms-bulk", account=None)
    scripted.work_until(lambda: len(scripted.sent) == 2, within_s=10)


def test_stopped_process_goes_round_no_more(scripted: Room) -> None:
    scripted.submit(BULK, names(10))
    scripted.runtime.stop.set()
    scripted.housekeeping.run()
    assert scripted.rung == []


def test_fault_that_nobody_foresaw_does_not_end_it(
    scripted: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    came: list[float] = []

    def wait(_: object, wait_s: float) -> set[str]:
        came.append(wait_s)
        if len(came) == 3:
            scripted.runtime.stop.set()
        raise ValueError("a fault outside every step")

    monkeypatch.setattr(scripted.housekeeping._wakeups, "wait", wait)
    scripted.housekeeping.run()
    assert len(came) == 3
    assert [record.levelname for record in caplog.records if "a fault outside" in record.message] == [
        "WARNING"
    ]


def test_message_that_nobody_serves_sleeps_until_a_process_serves_it(store: Store) -> None:
    room = Room(store, ScriptedClient())
    services = ["mms-bulk"]
    presence = Presence(room.runtime, lambda: services, 16, clock=room.clock)
    room.housekeeping = Housekeeping(
        room.runtime,
        room.me,
        ring=room.ring,
        queue_lengths=room.tell_queues,
        presence=presence,
        clock=room.clock,
    )
    room.submit(STANDARD, names(10))
    until_s, rounds = room.now_s + 5, 0
    while room.now_s < until_s:
        room.now_s += max(room.housekeeping.round(), SHORTEST_ROUND_S)
        rounds += 1
    assert room.rung == []
    assert rounds <= 5 * 5, "it made 87 rounds a second"
    services.append("mms-standard")
    room.now_s += 1
    room.housekeeping.round()
    assert [lane for lane, _ in room.rung] == [STANDARD]


def test_doorbells_that_nobody_fetches_are_taken_out(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    room = Room(store, ScriptedClient())
    left = {"sms-verify": 7, "mms-bulk": 3}
    room.housekeeping = Housekeeping(
        room.runtime,
        room.me,
        ring=room.ring,
        queue_lengths=room.tell_queues,
        purge=lambda service: left.pop(service, 0),
        clock=room.clock,
    )
    room.submit(BULK, names(1))
    for _ in range(3):
        room.now_s += 3
        room.housekeeping.round()
    assert left == {"mms-bulk": 3}
    [line] = [record.message for record in caplog.records if "doorbells taken out" in record.message]
    assert "service=sms-verify bells=7" in line


def test_account_that_the_elected_process_leaves_is_swept_by_another(store: Store) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    # It lives, and its housekeeping does nothing for this account.
    number = 0
    while elect("main", [room.me.name, f"other{number}"]) == room.me.name:
        number += 1
    name = f"other{number}"
    announce(store, name, Announcement("web", 1, "1", 2, 0, ("mms-bulk",), 16))
    for _ in range(7):
        alive(store, name)
        room.housekeeping.round()
        assert room.rung == [] or room.now_s > 1005
        room.now_s += 1.001
    assert [lane for lane, _ in room.rung] == [BULK]
