"""A drain between its doorbell and its end."""

from __future__ import annotations

from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.errors import UsageError
from plexsend.gateway.items import get_loader
from plexsend.outbox.arguments import ADVANCE_ANSWER
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.open_hours import OPEN_HOURS
from plexsend.outbox.policies.where import Where
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.settings import NumberKey
from tests.integration.worker.room import BULK, STANDARD, Room, ScriptedClient, accept, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Answer


ADS = Lane.of("mms-bulk", None, "main", None, Advertising.QUIET)
CONSENTED_ADS = Lane.of("mms-bulk", None, "main", None, Advertising.CONSENTED)
NINE_MS = 1_800_014_400_000
"""Nine in the evening in Korea, on some day."""


def submit_ad(store: Store, lane: Lane, key: str) -> None:
    marks = {"sender_name": "한빛상점", "refusal_number": "080-123-4567"}
    put(store, Where(), marks, by="anna", reason="r")
    number_key, loader = NumberKey("k" * 32), get_loader("mms-bulk")
    item = {
        "msg_key": key,
        "sender_number": "0221234567",
        "receiver_number": "01023456789",
        "msg": "(광고) 한빛상점 봄\n무료수신거부 080-123-4567",
        "file_path": ["https://images/1.jpg"],
    }
    new = NewMessage(key, loader.load(item).body, receiver_of("01023456789", number_key))
    Submitter(store, number_key).add(lane, [new], stamp=loader.stamp.stored)


def set_open(store: Store, *, is_open: bool) -> None:
    now_ms = queries.server_ms(store)
    span = (
        f"{now_ms - 1_000}-{now_ms + 3_600_000}" if is_open else f"{now_ms + 3_600_000}-{now_ms + 7_200_000}"
    )
    store.client.hset(store.keys.in_force("main"), OPEN_HOURS, span)


def test_doorbell_empties_its_lane_in_full_batches(scripted: Room) -> None:
    scripted.submit(BULK, names(25))
    scripted.submit(STANDARD, names(5, "other"))
    scripted.drain(BULK)
    assert scripted.sent == [names(25)[:10], names(25)[10:20], names(25)[20:]]
    assert scripted.states(BULK) == {"accepted": 25}
    assert scripted.states(STANDARD) == {"waiting": 5}


def test_doorbell_that_comes_to_nothing_does_nothing(scripted: Room) -> None:
    scripted.drain(BULK, "bell:long.ago")
    scripted.submit(BULK, names(10))
    scripted.drain(BULK, "bell:long.ago")
    scripted.drain(BULK, "bell:long.ago")
    assert scripted.sent == [names(10)]


def test_slice_ends_when_another_doorbell_waits_and_housekeeping_rings_anew(scripted: Room) -> None:
    scripted.submit(BULK, names(100))

    def slow(keys: Sequence[str]) -> Answer:
        scripted.now_s += 0.4
        return accept(keys)

    scripted.answer_by(slow)
    scripted.bell_waits = True
    scripted.drain(BULK)
    assert len(scripted.sent) == 3, "a second is over after three requests of 0.4 s"
    assert scripted.rung == [], "or lanes would hand doorbells on among themselves"
    scripted.bell_waits = False
    scripted.housekeeping.round()
    assert {lane for lane, _ in scripted.rung} == {BULK}
    scripted.drain(*scripted.rung.pop())
    assert scripted.states(BULK) == {"accepted": 100}


def test_group_makes_way_after_its_batch_for_what_has_no_group(scripted: Room) -> None:
    group = replace(BULK, group="spring")
    scripted.submit(group, names(30, "of-group"))
    scripted.submit(BULK, names(30))
    scripted.ungrouped_waits = True
    scripted.drain(group)
    assert scripted.sent == [names(10, "of-group")]
    scripted.drain(BULK)
    assert len(scripted.sent) == 4, "a lane without a group goes on"


def test_long_slice_ends_after_ten_seconds(scripted: Room) -> None:
    scripted.submit(BULK, names(50))

    def slow(keys: Sequence[str]) -> Answer:
        scripted.now_s += 4
        return accept(keys)

    scripted.answer_by(slow)
    scripted.drain(BULK)
    assert len(scripted.sent) == 3
    assert len(scripted.rung) == 1


def test_stop_during_a_request_settles_it_and_takes_nothing_more(scripted: Room, store: Store) -> None:
    scripted.submit(BULK, names(50))

    def stop(keys: Sequence[str]) -> Answer:
        scripted.runtime.stop.set()
        return accept(keys)

    scripted.answer_by(stop)
    scripted.drain(BULK)
    assert len(scripted.sent) == 1
    assert scripted.states(BULK) == {"accepted": 10, "waiting": 40}
    # Its lease is given back, and the doorbell that it leaves behind goes to whoever lives on.
    left = store.client.zrange(store.keys.lane("main", BULK.name, "drains"), 0, -1)
    assert [bell.encode() for _, bell in scripted.rung] == left


def test_batch_that_comes_after_the_process_was_asked_to_stop_is_given_back_unsent(store: Store) -> None:
    """A call that was under way when the signal came, or that Redis answered late."""

    class StoppingStore(Store):
        def run(self, script: Script, account: str, args: Sequence[str | bytes | int]) -> list[Any]:
            reply = super().run(script, account, args)
            if script is Script.ADVANCE:
                room.runtime.stop.set()
            return reply

    room = Room(StoppingStore(store.client, store.keys.prefix), ScriptedClient())
    room.submit(BULK, names(10))
    room.drain(BULK)
    assert room.sent == []
    assert room.states(BULK) == {"waiting": 10}
    record = room.record("k-0")
    assert (record.code, record.attempts, record.may_have_been_sent) == ("STOPPING", 0, False)


def test_batch_that_a_stopped_process_held_is_given_back_unsent(store: Store) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    # Six seconds between any two looks at the clock, such as before the take and before the request.
    ticks = iter(range(0, 600, 6))
    room.tick(ticks)
    room.drain(BULK)
    assert room.sent == []
    assert room.states(BULK) == {"waiting": 10}
    record = room.record("k-0")
    assert (record.code, record.tries, record.attempts, record.may_have_been_sent) == ("STALE", 0, 0, False)
    room.tick(repeat(room.now_s))
    room.drain(BULK)
    assert room.sent == [names(10)]


def test_advertisement_that_a_stopped_process_held_into_the_quiet_hours_stays(store: Store) -> None:
    room = Room(store, ScriptedClient())
    submit_ad(store, ADS, "ad-1")
    set_open(store, is_open=True)
    # Six seconds between any two looks at the clock; it comes to itself at night.
    room.tick(range(0, 600, 6))
    room.drain(ADS)
    assert room.record("ad-1").code == "STALE"
    set_open(store, is_open=False)
    room.tick(repeat(room.now_s))
    for lane in (ADS, BULK):
        room.drain(lane)
    assert (room.sent, room.record("ad-1").state) == ([], State.WAITING)


def test_advertisement_that_was_taken_just_before_the_night_of_the_law_is_given_back(store: Store) -> None:
    """Quiet hours may begin as late as the law allows: then even the seconds of a process count."""

    class EveningStore(Store):
        """Takes happen at one second to nine in Korea."""

        def run(self, script: Script, account: str, args: Sequence[str | bytes | int]) -> list[Any]:
            reply = super().run(script, account, args)
            if script is Script.ADVANCE and ADVANCE_ANSWER.read(reply)["status"] == b"taken":
                place = ADVANCE_ANSWER.names.index("ms")
                reply = [*reply[:place], str(NINE_MS - 1_000).encode(), *reply[place + 1 :]]
            return reply

    room = Room(EveningStore(store.client, store.keys.prefix), ScriptedClient())
    room.submit(BULK, ["order-1"])
    room.tick(range(0, 600, 2))
    room.drain(BULK)
    assert room.sent == [["order-1"]]
    submit_ad(store, CONSENTED_ADS, "ad-1")
    room.drain(CONSENTED_ADS)
    record = room.record("ad-1")
    assert (record.code, record.tries, record.may_have_been_sent) == ("NIGHT", 0, False)
    assert room.sent == [["order-1"]]


def test_process_names_can_be_told_from_the_names_of_drains(scripted: Room) -> None:
    """The sweep drops the leases of a process that is gone by the beginning of their names."""
    first, second = scripted.runtime.next_drain(), scripted.runtime.next_drain()
    assert first != second
    assert first.split(".")[0] == second.split(".")[0] == WorkerProcess.parse(str(scripted.me)).name


def test_arguments_of_a_drain_that_no_worker_knows_are_refused_with_words(scripted: Room) -> None:
    with pytest.raises(UsageError, match="There is no service"):
        scripted.drain(Lane("fax-bulk", None, "main"))


def test_drains_that_begin_together_do_not_end_together(scripted: Room) -> None:
    """With more to send than a slice can, each ends at a moment of its own."""

    def slow(keys: Sequence[str]) -> Answer:
        scripted.now_s += 0.2
        return accept(keys)

    scripted.answer_by(slow)
    for part in range(8):
        scripted.submit(BULK, names(500, f"n{part}"))
    took_s = []
    for _ in range(6):
        began_s = scripted.now_s
        scripted.drain(BULK)
        took_s.append(round(scripted.now_s - began_s, 1))
    assert 5 <= min(took_s) <= max(took_s) <= 10.2
    assert len(set(took_s)) == 6
