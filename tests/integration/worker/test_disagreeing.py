"""Workers with other settings beside each other: what was promised holds whoever sweeps and sends."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.policies.changes import put, unset
from plexsend.outbox.policies.state import read
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.settings import OnUncertain
from plexsend.worker.agreement import REPEAT_S
from plexsend.worker.recheck import ONLY_TO
from tests.integration.worker.room import BULK, SILENCE, Room, ScriptedClient, accept, names

if TYPE_CHECKING:
    import pytest

    from plexsend.outbox.redis.store import Store

OTHER = {"PLEXSEND_RATE": "0", "PLEXSEND_KEEP_DAYS": "0.0001"}
"""What the second worker's environment says."""


def two(store: Store, **settings: str) -> tuple[Room, Room]:
    """A worker of mms-bulk with these settings, and one of mms-finance that sweeps too and has its own."""
    first, second = Room(store, ScriptedClient(), settings), Room(store, ScriptedClient(), OTHER)
    for room in (first, second):
        # Each announces what it asks for.
        room.housekeeping.round()
    return first, second


def test_lane_keeps_its_rate_when_a_worker_without_one_sweeps(store: Store) -> None:
    first, second = two(store, PLEXSEND_RATE="10")
    first.submit(BULK, names(200))
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        # The second sweeps; whoever is rung, also by it, sends.
        second.work()
        first.drain(BULK)
    took_s = time.monotonic() - began
    sent = sum(len(keys) for room in (first, second) for keys in room.sent)
    assert 10 <= sent <= 10 * took_s + 20


def test_parked_stays_parked_when_another_worker_reclaims(store: Store) -> None:
    first, second = two(store, PLEXSEND_ON_UNCERTAIN="park")
    first.submit(BULK, names(10))
    # The first takes a batch and dies.
    first.answer_by(lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with suppress(KeyboardInterrupt):
        first.drain(BULK)
    second.work_until(lambda: second.states(BULK).get("sending", 0) == 0)
    assert second.states(BULK) == {"uncertain": 10}
    assert second.sent == []
    assert "on_uncertain" in second.record(names(1)[0]).desc


def test_retry_of_a_judge_that_knows_an_older_policy_is_parked(store: Store) -> None:
    room, _ = two(store)
    room.submit(BULK, names(10))
    put(store, Where("mms-bulk"), {"on_uncertain": "park"}, by="anna", reason="a contract")
    room.answer_by(lambda _: SILENCE)
    # It looks at the policies once a second, so its judge still resends.
    assert room.runtime.judge(BULK).policy.on_uncertain is OnUncertain.RESEND
    room.drain(BULK)
    assert room.states(BULK) == {"uncertain": 10}


def test_what_waits_to_be_sent_again_is_parked_once_park_is_in_force(store: Store) -> None:
    room, _ = two(store)
    room.submit(BULK, names(10))
    room.answer_by(lambda _: SILENCE)
    room.drain(BULK)
    assert room.states(BULK) == {"scheduled": 10}
    put(store, Where("mms-bulk"), {"on_uncertain": "park"}, by="anna", reason="a contract")
    room.answer_by(accept)
    room.work_until(lambda: room.states(BULK) == {"uncertain": 10})
    assert len(room.sent) == 1


def test_window_that_became_shorter_counts_for_what_waits(store: Store) -> None:
    room, _ = two(store)
    room.submit(BULK, ["k"])
    room.answer_by(lambda _: SILENCE)
    room.drain(BULK)
    put(store, Where(), {"resend_within_s": 0}, by="anna", reason="the gateway forgets keys")
    room.work_until(lambda: room.states(BULK) == {"uncertain": 1})
    assert len(room.sent) == 1


def test_records_are_kept_as_long_as_the_policy_says(store: Store) -> None:
    first, second = two(store, PLEXSEND_KEEP_DAYS="7")
    first.submit(BULK, names(10))
    first.drain(BULK)
    second.let_pass(3_600)
    for _ in range(3):
        second.work()
    assert second.states(BULK) == {"accepted": 10}
    assert queries.find(store, names(1)[0], "main")


def test_asks_count_until_their_process_is_forgotten_and_disagreement_is_logged(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, ScriptedClient(), {"PLEXSEND_RATE_MMS_BULK": "50"})
    asks = {"mms-bulk": {"rate_per_s": "10"}}
    announce(store, "other", Announcement("host-b", 7, "1", 2, 0, ("mms-bulk",), 4, asks))
    alive(store, "other")
    room.work()
    assert read(store).of("main").service("mms-bulk").rate_per_s == 10
    told = [record.getMessage() for record in caplog.records if "workers disagree" in record.getMessage()]
    assert len(told) == 1
    assert "host-b pid 7" in told[0]
    assert "rate_per_s of mms-bulk" in told[0]
    store.client.hset(store.keys.alive, "other", f"{queries.server_ms(store) - 601_000} 0 1")
    room.now_s += 2
    room.work()
    assert read(store).of("main").service("mms-bulk").rate_per_s == 50


def test_copy_that_did_not_arrive_is_healed_by_who_sweeps(store: Store) -> None:
    room = Room(store, ScriptedClient(), {"PLEXSEND_RATE_MMS_BULK": "50"})
    in_account = f"{store.keys.account('main')}policy"
    room.submit(BULK, ["k"])
    for _ in range(2):
        store.client.delete(in_account)
        for _ in range(3):
            room.work()
            room.now_s += REPEAT_S / 2
    assert store.client.hget(in_account, "rate_per_s:mms-bulk") == b"50"


def test_number_that_got_in_before_only_to_is_rejected_before_it_is_sent(store: Store) -> None:
    room, _ = two(store)
    room.submit(BULK, ["mine", "other"], special={"mine": "01034567891"})
    # The process looked just now, and looks again in a second.
    room.runtime.policies.look()
    put(store, Where(None, "main"), {"only_to": "010-3456-7891"}, by="anna", reason="staging")
    room.drain(BULK)
    assert room.sent == [["mine"]]
    record = room.record("other")
    assert (record.state, record.code) == (State.REJECTED, ONLY_TO)
    assert "only_to" in record.desc


def test_number_is_sent_to_once_only_to_was_taken_back(store: Store) -> None:
    room, _ = two(store)
    put(store, Where(None, "main"), {"only_to": "010-3456-7891"}, by="anna", reason="staging")
    room.runtime.policies.forget()
    room.runtime.policies.look()
    unset(store, Where(None, "main"), ["only_to"], by="anna")
    room.submit(BULK, ["other"])
    room.drain(BULK)
    assert room.sent == [["other"]]
