"""The walk over all lanes, as housekeeping makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.lanes import Lane
from plexsend.outbox.walk import NO_STEP
from plexsend.worker.lane_walk import LaneWalk
from tests.integration.outbox.passing_time import let_pass
from tests.integration.worker.room import BULK, Room, names

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

LOST = Lane("mms-bulk", None, "main", "spring")


def test_lane_that_lost_its_wake_is_found(scripted: Room, store: Store) -> None:
    """Nothing else would ever look at it: its messages would wait for ever."""
    scripted.submit(LOST, names(10))
    store.client.delete(store.keys.grouped_wake("main", BULK.name))
    for _ in range(4):
        scripted.now_s += 5
        scripted.housekeeping.round()
    assert scripted.rung == []
    let_pass(store, "main", 60_000)
    for _ in range(10):
        scripted.now_s += 5
        scripted.housekeeping.round()
    assert [lane for lane, _ in scripted.rung] == [LOST]


def test_step_that_no_sweep_took_is_given_again(scripted: Room, store: Store) -> None:
    scripted.submit(LOST, names(1))
    walk = LaneWalk(store)
    walk.taken("main", NO_STEP, "begin")
    step = walk.step("main")
    assert step.walked
    assert walk.step("main") == step


def test_process_that_does_not_sweep_any_more_forgets_where_it_was(store: Store) -> None:
    walk = LaneWalk(store)
    walk.taken("main", NO_STEP, "begin")
    walk.forget("main")
    assert walk.step("main") == NO_STEP
