"""The days of an account hold what its lanes count."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.prune import prune
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.reading.day_audit import compare_days
from plexsend.outbox.reading.stats import day_sums
from plexsend.outbox.stats import keep_stats, take_stock
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import BULK, Bench, verdicts

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

SPRING = Lane("mms-bulk", None, "main", "spring")


@pytest.fixture
def busy(bench: Bench) -> Bench:
    """A bench on which messages ended in several ways, and days are compared."""
    take_stock(bench.store, "main")
    bench.submit(30)
    bench.submit(["g1", "g2"], SPRING)
    bench.drain_all(SPRING)
    batch = bench.take()
    of = {batch.messages[0].msg_key: Outcome.REJECTED, batch.messages[1].msg_key: Outcome.FAILED}
    bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, of=of, code="C100"))
    bench.drain_all()
    return bench


def what(store: Store) -> list[str]:
    found = audit(store)
    assert found.uncompared == ()
    return [one.what for one in found.discrepancies]


def test_days_hold_what_lanes_count(busy: Bench) -> None:
    assert what(busy.store) == []


def test_they_do_after_requeue_drop_prune_retention_and_the_end_of_a_group(busy: Bench) -> None:
    dead = busy.members("dead")
    steer.ask(busy.store, "main", dead[0], Act.REQUEUE)
    steer.ask(busy.store, "main", dead[1], Act.DROP)
    assert what(busy.store) == []
    busy.let_pass(7_200_000, steadily=False)
    list(prune_all(busy))
    assert busy.store.client.hget(busy.store.keys.lane_index("main"), SPRING.name) is None
    assert what(busy.store) == []
    keep_stats(busy.store, "main")
    assert what(busy.store) == []


def prune_all(bench: Bench) -> list[int]:
    """Forget all that ended."""
    return list(prune(bench.store, "main", timedelta(hours=1)))


def test_a_count_that_was_lost_is_named(busy: Bench) -> None:
    store = busy.store
    (day,) = store.client.scan_iter(f"{store.keys.stats('main')}:*")
    store.client.hincrby(day, f"{BULK.name}|accepted|C100|", -1)
    sums = day_sums(store, "main").sums
    sum_wrong, field_wrong = what(store)
    assert (
        sum_wrong
        == f"account main: its days hold {sums['accepted']} accepted, its lanes {sums['accepted'] + 1}"
    )
    # Of those that are not archived the records say where.
    assert f" of {BULK.name}|accepted|C100|, its records say " in field_wrong
    store.client.hincrby(day, f"{BULK.name}|submitted", 2)
    assert len(what(store)) == 3
    take_stock(store, "main")
    assert what(store) == []


def test_without_stock_nothing_is_compared(bench: Bench) -> None:
    bench.submit(3)
    found = audit(bench.store)
    assert found.uncompared == ("main",)
    assert found.ok


def test_a_copy_that_was_restored_agrees_with_itself(busy: Bench) -> None:
    """Redis that went back: counts by lane and by day went back together, since one call writes both."""
    store = busy.store
    copy = {
        key: store.client.dump(key) or b"" for key in store.client.scan_iter(f"{store.keys.account('main')}*")
    }
    busy.submit(["later"])
    busy.drain_all()
    for key in store.client.scan_iter(f"{store.keys.account('main')}*"):
        store.client.delete(key)
    for key, dumped in copy.items():
        store.client.restore(key, 0, dumped)
    assert what(store) == []


def test_days_agree_with_lanes_while_messages_move(busy: Bench) -> None:
    """Lanes and days are read one after the other: what moves in between is not a difference."""
    stop, moved = Event(), list[Batch]()
    mover = Thread(target=keep_moving, args=(busy, stop, moved))
    mover.start()
    try:
        found = [compare_days(busy.store, "main", [BULK]) for _ in range(15)]
    finally:
        stop.set()
        mover.join()
    assert found == [(True, [])] * 15
    assert len(moved) > 5


def keep_moving(bench: Bench, stop: Event, moved: list[Batch]) -> None:
    """Submit and send, and ask again for what was rejected, until told to stop."""
    for n in count():
        if stop.is_set():
            return
        bench.submit([f"m{n}-{i}" for i in range(10)])
        batch = bench.call()
        if not isinstance(batch, Batch):
            continue
        moved.append(batch)
        dead = batch.messages[0].msg_key
        bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, of={dead: Outcome.REJECTED}, code="C100"))
        steer.ask(bench.store, "main", dead, Act.REQUEUE)
