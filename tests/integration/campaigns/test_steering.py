"""Steering a run: each request holds at once, can be made again, and goes on where it was interrupted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.campaigns import steering
from plexsend.campaigns.folders.follow_ups import keep_taken
from plexsend.campaigns.folders.forgetting import forget
from plexsend.campaigns.reading.counting import row_counts
from plexsend.campaigns.reading.finding import find_run
from plexsend.campaigns.reading.standing import standing
from plexsend.errors import GroupClosed, NotPossible, UsageError
from plexsend.outbox import groups, steer
from plexsend.outbox.advance import NothingTaken
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.failures import RunFenced
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import take_lease
from plexsend.outbox.runs.run import RunFeed
from plexsend.outbox.runs.states import RunState
from plexsend.outbox.runs.windows import PACE
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage
from tests.integration.campaigns.run_bench import NOWHERE, RunBench
from tests.integration.outbox.runs.feeder import checked, read

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from tests.integration.outbox.bench import Bench

HOUR_MS = 3_600_000


def test_the_latest_run_is_meant_and_others_by_their_number(store: Store) -> None:
    first, second = checked(store, "spring-sale"), checked(store, "spring-sale")
    assert find_run(store, "spring-sale").group == second.group
    assert find_run(store, "spring-sale/1").group == first.group
    assert find_run(store, "spring-sale~1").group == first.group
    with pytest.raises(NotPossible, match="has no run 7; its latest is spring-sale/2"):
        find_run(store, "spring-sale/7")
    with pytest.raises(NotPossible, match="Did you mean spring-sale\\?"):
        find_run(store, "sprng-sale")
    with pytest.raises(UsageError):
        find_run(store, "Spring Sale")


def test_a_name_of_several_accounts_needs_one(store: Store) -> None:
    checked(store, "spring"), checked(store, "spring", account="shop")
    with pytest.raises(UsageError, match=r"several accounts: main, shop\. Name one with --account"):
        find_run(store, "spring")
    assert find_run(store, "spring", "shop").account == "shop"
    with pytest.raises(NotPossible, match="in account other"):
        find_run(store, "spring", "other")


def test_a_paused_run_neither_feeds_nor_sends_until_it_is_resumed(bench: Bench) -> None:
    run = RunBench(bench, 20)
    run.feed(10)
    steering.pause(bench.store, run.run, by="kim", why="wrong price")
    again = steering.pause(bench.store, run.run, by="lee", why="still")
    assert again.state is RunState.PAUSED
    assert (standing(bench.store, run.run).by, run.run.why) == ("lee", "still")
    bench.rest(lane=run.lane)
    run.feed(10)
    assert run.run.fed == 10
    steering.resume(bench.store, run.run)
    assert steering.resume(bench.store, run.run).state is RunState.RUNNING
    run.feed(10)
    assert len(bench.take(lane=run.lane).messages) == 10


def test_a_group_that_an_operator_paused_is_a_paused_run(bench: Bench) -> None:
    run = RunBench(bench, 20)
    steer.pause(bench.store, Scope.GROUP, run.group, account="main", by="ops", why="night")
    seen = standing(bench.store, run.run)
    assert (seen.state, seen.by, seen.why) == (RunState.PAUSED, "ops", "night")
    assert steering.resume(bench.store, run.run).changed
    assert standing(bench.store, run.run).state is RunState.RUNNING


def test_a_group_that_an_operator_closed_is_a_cancelled_run(bench: Bench) -> None:
    run = RunBench(bench, 20)
    run.feed(10)
    groups.cancel(bench.store, "main", run.group, by="ops", why="wrong list")
    assert standing(bench.store, run.run).state is RunState.CANCELLED
    with pytest.raises(NotPossible, match=f"cancelled by ops.*plexsend resume group:{run.group}"):
        steering.resume(bench.store, run.run)
    with pytest.raises(NotPossible):
        steering.pause(bench.store, run.run, by="kim")
    run.cancel()
    assert run.run.state is RunState.CANCELLED
    assert run.counts.cancelled == 20


def test_a_cancel_ends_what_was_fed_and_what_was_not(bench: Bench) -> None:
    run = RunBench(bench, 40)
    run.feed(30)
    lease = take_lease(bench.store, "main", run.group, "feeder", 5)
    assert lease is not None
    taken = bench.take(lane=run.lane)
    reports: list[tuple[int, int]] = []
    done = steering.cancel(
        bench.store, run.run, NOWHERE, by="kim", why="wrong price", report=lambda *n: reports.append(n)
    )
    assert (done.changed, done.messages.cancelled, done.messages.wanted) == (True, 20, 10)
    assert reports[-1] == (30, 30)
    # A feeder that was stopped before wakes up.
    late = [NewMessage(run.key(30), b'{"a":1}')]
    with pytest.raises((GroupClosed, RunFenced)):
        bench.intake.add(run.lane, late, stamp="s", feed=RunFeed(lease.number, 30, 31))
    bench.rest("p2.1", lane=run.lane)
    again = steering.cancel(bench.store, run.run, NOWHERE, by="lee")
    assert (again.changed, run.run.why_by, run.run.state) == (False, "kim", RunState.CANCELLED)
    # What was in a request ends as that ends.
    bench.stop(settlement=run.accepting(taken), lane=run.lane)
    assert (run.counts.cancelled, run.counts.accepted) == (30, 10)


def test_a_cancel_that_died_half_way_sends_nothing_and_is_ended_by_another(bench: Bench) -> None:
    run = RunBench(bench, 30)
    run.feed(30)
    steps.cancel(bench.store, "main", run.group, by="kim", why="wrong price")
    bench.rest(lane=run.lane)
    assert steering.cancel(bench.store, run.run, NOWHERE, by="kim").messages.cancelled == 30
    assert standing(bench.store, run.run).pause is None


def test_a_run_that_is_over_is_not_steered(bench: Bench) -> None:
    run = RunBench(bench, 10)
    steps.finish(bench.store, "main", run.group)
    for ask in (
        lambda: steering.pause(bench.store, run.run, by="kim"),
        lambda: steering.resume(bench.store, run.run),
        lambda: steering.cancel(bench.store, run.run, NOWHERE, by="kim"),
        lambda: steering.reschedule(bench.store, run.run, 0),
        lambda: steering.set_rate(bench.store, run.run, 5),
    ):
        with pytest.raises(NotPossible, match=r"is done\. `plexsend campaign report spring|no rate any more"):
            ask()


def test_another_time_holds_for_what_was_fed_too(bench: Bench) -> None:
    run = RunBench(bench, 20)
    run.feed(10)
    at_ms = server_ms(bench.store) + HOUR_MS
    done = steering.reschedule(bench.store, run.run, at_ms)
    assert (done.state, done.at_ms, done.messages.rescheduled) == (RunState.SCHEDULED, at_ms, 10)
    bench.rest(lane=run.lane)
    assert (run.counts.scheduled, run.counts.waiting) == (20, 0)
    assert steering.reschedule(bench.store, run.run, 0).state is RunState.RUNNING
    assert len(bench.take(lane=run.lane).messages) == 10


def test_a_time_behind_its_expiry_is_refused(store: Store) -> None:
    run = checked(store)
    expires_ms = server_ms(store) + HOUR_MS
    store.client.hset(store.keys.run("main", run.group), "expires", expires_ms)
    with pytest.raises(NotPossible, match="expires at that time or before"):
        steering.reschedule(store, read(store, run.group), expires_ms)


def test_what_is_forgotten_still_counts(bench: Bench, tmp_path: Path) -> None:
    run = RunBench(bench, 20)
    run.feed(5)
    run.pass_over(3, Fate.INVALID)
    run.pass_over(2, Fate.LOST)
    run.send(Outcome.REJECTED, "G140")
    with pytest.raises(NotPossible, match="cannot be dropped: it is running"):
        forget(bench.store, tmp_path, run.run)
    run.cancel()
    before = run.counts
    assert (before.left_out, before.unknown, before.cancelled, before.rejected) == (3, 2, 10, 5)
    forget(bench.store, tmp_path, run.run)
    forget(bench.store, tmp_path, run.run)
    assert row_counts(bench.store, "main", run.run) == before
    assert run.run.dropped_ms


def test_a_run_without_a_source_keeps_nothing_for_others(bench: Bench, tmp_path: Path) -> None:
    run = RunBench(bench, 5)
    keep_taken(bench.store, tmp_path, run.run)
    assert list(tmp_path.iterdir()) == []
    assert bench.store.client.exists(bench.store.keys.lane("main", run.lane.name, "counts")) == 0
    run.feed(1)
    assert bench.state(run.key(0)) is State.WAITING


def test_a_rate_holds_for_what_was_fed_before_too(bench: Bench) -> None:
    run = RunBench(bench, 100)
    run.feed(100)
    bench.take(lane=run.lane)
    steering.set_rate(bench.store, run.run, 10.0)
    # So much goes ahead that a doorbell may be late: a second and a batch.
    taken = [bench.call(f"p2.{n}", lane=run.lane) for n in range(4)]
    assert [isinstance(each, Batch) for each in taken] == [True, True, False, False]
    waits = taken[2]
    assert isinstance(waits, NothingTaken)
    assert (waits.reason, 0 < waits.wait_ms <= 1_000) == (PACE, True)
    key = bench.store.keys.run("main", run.group)
    bench.store.client.hincrby(key, "paced", -1_000)
    assert isinstance(bench.call("p2.9", lane=run.lane), Batch)
    bench.rest("p2.10", lane=run.lane)
    # Messages of others that share its requests are not held up, and it fills none of theirs.
    bench.submit(5)
    assert len(bench.take("p3.1").messages) == 5
    steering.set_rate(bench.store, run.run, None)
    assert len(bench.take("p3.2", lane=run.lane).messages) == 10
