"""The walk over all lanes and messages, as housekeeping makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.constants import FIRST_WALK_MS
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.queries import routes
from plexsend.worker.walker import Walker
from tests.integration.worker.room import BULK, Room, names

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

LOST = Lane("mms-bulk", None, "main", "spring")


def let_a_walk_begin(store: Store) -> None:
    """Move the time of the next walk into the past."""
    at = int(store.client.hget(store.keys.walk, "at") or 0)
    store.client.hset(store.keys.walk, "at", at - FIRST_WALK_MS)


def test_lane_that_lost_its_wake_is_found_soon_after_a_worker_began(scripted: Room, store: Store) -> None:
    """Nothing else would ever look at it: its messages would wait for ever."""
    scripted.submit(LOST, names(10))
    store.client.delete(store.keys.grouped_wake("main", BULK.name))
    for _ in range(4):
        scripted.now_s += 5
        scripted.housekeeping.round()
    assert scripted.rung == []
    let_a_walk_begin(store)
    for _ in range(10):
        scripted.now_s += 5
        scripted.housekeeping.round()
    assert [lane for lane, _ in scripted.rung] == [LOST]


def test_account_that_no_worker_knew_of_is_served(scripted: Room, store: Store) -> None:
    scripted.submit(BULK, names(10))
    store.client.delete(store.keys.lanes, store.keys.accounts)
    for _ in range(2):
        scripted.now_s += 5
        scripted.housekeeping.round()
    assert scripted.rung == []
    let_a_walk_begin(store)
    for _ in range(10):
        scripted.now_s += 5
        scripted.housekeeping.round()
    assert [lane for lane, _ in scripted.rung] == [BULK]


@pytest.mark.parametrize("spoilt", ["accounts", "lanes"])
def test_walk_comes_to_its_end_beside_a_spoilt_set_of_the_fleet(
    scripted: Room, store: Store, spoilt: str
) -> None:
    scripted.submit(BULK, names(10))
    store.client.delete(store.keys.wake("main"), store.keys.prefix + spoilt)
    store.client.set(store.keys.prefix + spoilt, "x")
    now_s = 0.0
    walker = Walker(store, "p1", lambda: now_s)
    for step in range(10):
        now_s += 5
        walker.step()
        if step == 0:
            let_a_walk_begin(store)
    assert store.client.zscore(store.keys.wake("main"), BULK.name) is not None
    assert int(store.client.hget(store.keys.walk, "at") or 0) > int(store.client.time()[0]) * 1000 + 60_000
    # The room's books are audited at its end.
    store.client.delete(store.keys.prefix + spoilt)
    store.client.sadd(store.keys.lanes, BULK.name)


def test_key_taken_for_empty_is_logged_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    now_s = 0.0
    walker = Walker(store, "p1", lambda: now_s)
    store.client.set(store.keys.lanes, "x")
    assert routes(store) == []
    for _ in range(3):
        now_s += 5
        walker.step()
    assert [store.keys.lanes in line for line in caplog.messages if "another type" in line] == [True]
