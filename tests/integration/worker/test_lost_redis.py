"""A drain whose calls to Redis are lost."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import OutboxError, OutboxMoved, OutboxUnavailable
from tests.integration.worker.room import BULK, ForgetfulStore, Room, ScriptedClient, accept, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.gateway.answers import Answer
    from plexsend.outbox.redis.store import Store


def make_forgetful(store: Store) -> tuple[Room, ForgetfulStore]:
    forgetful = ForgetfulStore(store)
    return Room(forgetful, ScriptedClient()), forgetful


@pytest.mark.parametrize("lost", ["before", "after"])
@pytest.mark.parametrize("call", [0, 1, 2, 3], ids=["first take", "second", "third", "last"])
def test_call_to_redis_that_is_lost_changes_nothing(store: Store, call: int, lost: str) -> None:
    room, forgetful = make_forgetful(store)
    room.submit(BULK, names(25))
    forgetful.failures = ["let through"] * call + [lost]
    room.drain(BULK)
    assert not forgetful.failures
    assert room.states(BULK) == {"accepted": 25}
    assert Counter(key for request in room.sent for key in request) == dict.fromkeys(names(25), 1)
    assert {len(request) for request in room.sent} == {10, 5}


def test_verdicts_wait_in_hand_while_redis_is_away(store: Store) -> None:
    room, forgetful = make_forgetful(store)
    room.submit(BULK, names(10))
    forgetful.failures = ["let through", "before", "before"]
    room.drain(BULK)
    assert room.states(BULK) == {"accepted": 10}
    assert len(room.sent) == 1


def test_process_that_stops_without_verdicts_does_not_wait_for_redis(store: Store) -> None:
    room, forgetful = make_forgetful(store)
    room.submit(BULK, names(10))
    forgetful.failures = ["before"] * 9
    room.runtime.stop.set()
    room.drain(BULK)
    assert len(forgetful.failures) == 8, "one try was enough"


def test_process_that_stops_with_verdicts_waits_for_a_while_and_then_tells_them(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room, forgetful = make_forgetful(store)
    room.submit(BULK, names(10))

    def stop(keys: Sequence[str]) -> Answer:
        room.runtime.stop.set()
        forgetful.failures = ["before"] * 99
        return accept(keys)

    room.answer_by(stop)
    # Each look at the clock takes five seconds, so patience ends after some tries.
    ticks = iter(range(0, 1000, 5))
    room.tick(ticks)
    with pytest.raises(OutboxUnavailable):
        room.drain(BULK)
    assert 3 <= 99 - len(forgetful.failures) <= 7
    [record] = [record for record in caplog.records if "verdicts lost" in record.message]
    assert record.levelno == logging.ERROR
    assert f"msg_keys={json.dumps(names(10))}" in record.message.replace(r"\"", '"')
    [first] = [record for record in caplog.records if "does not take the verdicts" in record.message]
    assert f"msg_keys={json.dumps(names(10))}" in first.message
    # They are reclaimed later, as may have been sent.
    assert room.states(BULK) == {"sending": 10}


def test_verdicts_for_an_account_that_moved_are_told_after_the_last_patience(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))

    def flush(keys: Sequence[str]) -> Answer:
        store.client.delete(*store.client.scan_iter(f"{store.keys.prefix}*"))
        return accept(keys)

    room.answer_by(flush)
    room.tick(range(0, 1000, 4))
    with pytest.raises(OutboxMoved):
        room.drain(BULK)
    [record] = [record for record in caplog.records if "verdicts lost" in record.message]
    assert f"accepted={json.dumps(names(10))}" in record.message.replace(r"\"", '"')
    assert list(store.client.scan_iter(f"{store.keys.account('main')}*")) == [], (
        "nothing is written on another server"
    )


def test_doorbell_for_an_account_that_moved_frees_the_thread(store: Store) -> None:
    room = Room(store, ScriptedClient())
    room.drain(BULK)
    assert list(store.client.scan_iter(f"{store.keys.account('main')}*")) == []


def test_refusal_by_redis_without_verdicts_in_hand_frees_the_thread(store: Store) -> None:
    room = Room(store, ScriptedClient())
    room.submit(BULK, names(10))
    store.client.acl_setuser("default", enabled=True, commands=["-zadd"])
    try:
        with pytest.raises(OutboxError):
            room.drain(BULK)
    finally:
        store.client.acl_setuser("default", enabled=True, commands=["+zadd"])
    room.let_pass(30)
    room.drain(BULK)
    assert room.states(BULK) == {"accepted": 10}


def test_time_that_redis_was_away_counts_between_take_and_request(store: Store) -> None:
    """The batch whose reply was lost may be as old as the first try."""
    room, forgetful = make_forgetful(store)
    room.submit(BULK, names(10))
    forgetful.failures = ["after"]
    ticks = iter([0.0, 0.0, 1.0, *range(7, 99)])
    room.tick(ticks)
    room.drain(BULK)
    assert room.record("k-0").code in ("STALE", "C100")
    assert room.record("k-0").history[0].code == "STALE"
