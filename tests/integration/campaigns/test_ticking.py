"""Ticks: what is due starts once, what is over ends, what fails pauses, and names of people go in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.feeds.feeding import Feeder
from plexsend.campaigns.feeds.slice import Stopped
from plexsend.campaigns.plans.room import loads, rows_free
from plexsend.campaigns.plans.windows import open_window
from plexsend.campaigns.reading.counting import row_counts
from plexsend.campaigns.ticks.ticking import RunWants, Ticker
from plexsend.outbox import groups
from plexsend.outbox.advance import NothingTaken
from plexsend.outbox.batches import Outcome
from plexsend.outbox.lanes import Lane
from plexsend.outbox.notices import NoticeKind
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.leases import take_lease
from plexsend.outbox.runs.making import put_campaign
from plexsend.outbox.runs.states import RunState
from plexsend.worker.notifier import look_at_all
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.campaigns.sending import DEFINITION, folder_of, make_run, read, settings_of, with_rate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from tests.integration.outbox.bench import Bench

    Tick = Callable[[], list[RunWants]]

DAY_MS = 86_400_000
WATCHED = replace(DEFINITION, pause_at_failure_ratio=0.2, pause_after=100)


@pytest.fixture
def tick(store: Store, tmp_path: Path) -> Tick:
    return ticker(store, tmp_path).tick


def ticker(store: Store, root: Path) -> Ticker:
    return Ticker(store, settings_of(root))


def part(store: Store, run: Run, name: str) -> str:
    lane = Lane("sms-standard", None, run.account, run.group)
    return store.keys.lane(run.account, lane.name, name)


def end(store: Store, run: Run, **counts: int) -> None:
    """Let so many messages of a run have ended, by state."""
    store.client.hset(part(store, run, "counts"), mapping={f"s:{state}": n for state, n in counts.items()})


def test_running_run_wants_to_be_fed_until_all_of_it_is(store: Store, tmp_path: Path, tick: Tick) -> None:
    run = make_run(store, tmp_path, 20)
    make_run(store, tmp_path, 20, starts=False)
    assert tick() == [RunWants("main", run.group)]
    lease = take_lease(store, "main", run.group, "somebody", 5)
    assert lease is not None
    assert tick() == [], "another feeds it"
    store.client.hset(store.keys.run("main", run.group), "until", 1)
    Feeder(store, settings_of(tmp_path)).feed("main", run.group)
    assert tick() == []
    assert read(store, run.group).state is RunState.RUNNING, "all of it waits to be sent"
    store.client.zrange(part(store, run, "ready"), 0, -1)
    store.client.delete(part(store, run, "ready"))
    store.client.zadd(part(store, run, "uncertain"), {run.key_of(1): 1})
    tick()
    assert read(store, run.group).state is RunState.RUNNING, "a person is to say what became of one"
    store.client.delete(part(store, run, "uncertain"))
    tick()
    assert read(store, run.group).state is RunState.DONE


def test_scheduled_run_starts_once_however_many_ticks_there_are(store: Store, tmp_path: Path) -> None:
    run = make_run(store, tmp_path, 20, starts=False)
    steps.schedule(store, "main", run.group, server_ms(store) + 100_000)
    tickers = [ticker(store, tmp_path) for _ in range(3)]
    assert [each.tick() for each in tickers] == [[], [], []]
    steps.schedule(store, "main", run.group, server_ms(store) - 10)
    assert [each.tick() for each in tickers] == [[RunWants("main", run.group)]] * 3
    now = read(store, run.group)
    assert now.state is RunState.RUNNING
    # Paused meanwhile, it is not started a second time by whoever comes late.
    steps.pause(store, "main", run.group, by="kim")
    assert [each.tick() for each in tickers] == [[], [], []]
    assert read(store, run.group).started_ms == now.started_ms


def test_cron_gets_its_next_run_once_and_the_time_behind_it(store: Store, tmp_path: Path) -> None:
    put_campaign(
        store,
        "main",
        "spring",
        by="kim",
        cron="* * * * *",
        definition=DEFINITION.as_json(),
        planned_ms=server_ms(store) - 1_000,
    )
    for _ in range(3):
        ticker(store, tmp_path).tick()
    (run,) = reading.runs(store, "main")
    assert (run.group, run.state, run.prepares) == ("spring~1", RunState.DRAFT, True)
    assert 0 < reading.due_at(store, "main")["spring"] - server_ms(store) <= 60_000


def test_run_of_which_too_many_fail_is_paused_with_the_reason(
    store: Store, tmp_path: Path, tick: Tick
) -> None:
    run = make_run(store, tmp_path, 10_000, definition=WATCHED)
    asked = iter([False, True])
    Feeder(store, settings_of(tmp_path), stops=lambda _: next(asked)).feed("main", run.group)
    store.client.delete(part(store, run, "ready"))
    end(store, run, accepted=79, failed=20)
    assert tick() == [RunWants("main", run.group)]
    end(store, run, accepted=80, rejected=1, failed=19)
    assert tick() == []
    now = read(store, run.group)
    assert (now.state, now.why_by) == (RunState.PAUSED, "plexsend")
    assert now.why == "20 of the last 100 failed (20 %); pause_at_failure_ratio is 0.2"
    steps.resume(store, "main", run.group)
    assert tick() == [RunWants("main", run.group)], "what a person has seen does not pause it again"
    end(store, run, accepted=160, rejected=1, failed=38)
    assert tick() != []
    end(store, run, accepted=160, rejected=1, failed=39)
    assert tick() == []
    assert read(store, run.group).state is RunState.PAUSED


def test_cancelled_run_whose_canceller_died_is_ended(store: Store, tmp_path: Path, tick: Tick) -> None:
    run = make_run(store, tmp_path, 300)
    Feeder(store, settings_of(tmp_path)).feed("main", run.group)
    steps.cancel(store, "main", run.group, by="kim", why="wrong text")
    assert store.client.zcard(part(store, run, "ready")) == 300
    assert tick() == []
    assert store.client.zcard(part(store, run, "ready")) == 0
    assert list(reading.live_runs(store, "main")) == []
    counts = row_counts(store, "main", read(store, run.group))
    assert (counts.cancelled, counts.excluded) == (300, 300)


def test_run_whose_group_was_cancelled_is_cancelled_by_whom_and_why(
    store: Store, tmp_path: Path, tick: Tick
) -> None:
    running, later = make_run(store, tmp_path, 20), make_run(store, tmp_path, 20, starts=False)
    steps.schedule(store, "main", later.group, server_ms(store) + DAY_MS)
    other = make_run(store, tmp_path, 20)
    for each in (running, later):
        groups.cancel(store, "main", each.group, by="kim", why="wrong price")
    assert tick() == [RunWants("main", other.group)]
    for each in (running, later):
        now = read(store, each.group)
        assert (now.state, now.why_by, now.why) == (RunState.CANCELLED, "kim", "wrong price")
    assert [run.group for run in reading.live_runs(store, "main")] == [other.group]
    assert reading.due_at(store, "main") == {}


def test_run_that_expired_ends_with_rows_that_were_never_fed(
    store: Store, tmp_path: Path, tick: Tick
) -> None:
    run = make_run(store, tmp_path, 300, expires_at_ms=server_ms(store) + 100_000)
    assert tick() == [RunWants("main", run.group)]
    store.client.hset(store.keys.run("main", run.group), "expires", server_ms(store) - 1)
    assert Feeder(store, settings_of(tmp_path)).feed("main", run.group).why_stopped is not Stopped.ALL_FED
    assert tick() == []
    now = read(store, run.group)
    assert now.state is RunState.DONE
    assert row_counts(store, "main", now).expired == 300


def test_run_that_starts_long_before_its_time_has_the_hours_until_then(
    store: Store, tmp_path: Path, tick: Tick
) -> None:
    definition = replace(DEFINITION, window=("10:00", "18:00"))
    run = make_run(store, tmp_path, 300, definition=definition)
    open_window(store, run, definition, server_ms(store) + 30 * DAY_MS)
    tick()
    assert reading.windows(store, "main")[run.group][0][0] < server_ms(store) + DAY_MS


def test_window_is_written_ahead_before_it_ends(store: Store, tmp_path: Path, tick: Tick) -> None:
    run = make_run(store, tmp_path, 300, definition=replace(DEFINITION, window=("10:00", "18:00")))
    tick()
    spans = reading.windows(store, "main")[run.group]
    assert len(spans) >= 7
    assert all(until_ms - from_ms <= 8 * 3_600_000 for from_ms, until_ms in spans)
    assert spans[-1][1] > server_ms(store) + 5 * DAY_MS
    tick()
    assert reading.windows(store, "main")[run.group] == spans
    steps.set_window(store, "main", run.group, spans[:2])
    tick()
    assert len(reading.windows(store, "main")[run.group]) >= 7


def test_recipients_go_when_their_time_is_over(store: Store, tmp_path: Path, tick: Tick) -> None:
    run, other = make_run(store, tmp_path, 10), make_run(store, tmp_path, 10)
    for each in (run, other):
        steps.finish(store, "main", each.group)
    key = store.keys.run("main", run.group)
    store.client.hset(key, "ended", server_ms(store) - 30 * DAY_MS + 60_000)
    tick()
    assert folder_of(tmp_path, run).exists()
    store.client.hset(key, "ended", server_ms(store) - 30 * DAY_MS)
    # A look every ten minutes.
    tick()
    assert folder_of(tmp_path, run).exists()
    ticker(store, tmp_path).tick()
    assert not folder_of(tmp_path, run).exists()
    assert read(store, run.group).dropped_ms
    assert folder_of(tmp_path, other).exists()
    # A person wants them gone at once; and one that was interrupted half-way is ended.
    put(store, Where.parse("@main"), {"campaign_keep_days": "0"}, by="kim", reason="asked for")
    steps.drop(store, "main", other.group)
    ticker(store, tmp_path).tick()
    assert not folder_of(tmp_path, other).exists()


def test_what_one_account_holds_leaves_the_others_alone(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = make_run(store, tmp_path, 10)
    store.client.sadd(store.keys.campaigns, "broken")
    live: Any = store.keys.live_runs("broken")
    store.client.set(live, "another program's")
    one = ticker(store, tmp_path)
    for _ in range(3):
        assert one.tick() == [RunWants("main", run.group)]
    assert sum("a part of a tick failed" in line for line in caplog.messages) == 1


def test_operators_hear_of_runs_that_stopped_by_themselves(store: Store, tmp_path: Path) -> None:
    failing = make_run(store, tmp_path, 10, definition=replace(DEFINITION, name="failing"))
    by_hand = make_run(store, tmp_path, 10, definition=replace(DEFINITION, name="by-hand"))
    draft = make_run(store, tmp_path, 10, definition=replace(DEFINITION, name="draft"), starts=False)
    steps.pause(store, "main", failing.group, by="plexsend", why="20 of the last 100 failed")
    steps.pause(store, "main", by_hand.group, by="kim", why="wrong price")
    steps.set_draft(store, "main", draft.group, why="2 of 42 rows are invalid")
    found = {one.subject: one for one in look_at_all(store) if one.kind is NoticeKind.CAMPAIGN}
    assert {subject: one.state for subject, one in found.items()} == {
        "campaign failing/1 of main": "paused",
        "campaign draft/1 of main": "draft",
    }
    assert "20 of the last 100 failed" in found["campaign failing/1 of main"].text
    assert "plexsend campaign resume failing/1" in found["campaign failing/1 of main"].text


def test_what_a_receipt_sends_after_the_end_keeps_to_the_window(bench: Bench, tmp_path: Path) -> None:
    store = bench.store
    run = RunBench(bench, 5, chain=True)
    run.feed(5)
    run.send(Outcome.ACCEPTED, "C100")
    now_ms = server_ms(store)
    steps.set_window(store, "main", run.group, [(now_ms + DAY_MS, now_ms + 2 * DAY_MS)])
    steps.finish(store, "main", run.group)
    run.receive("74002", [run.key(row) for row in range(5)])
    taken = bench.call("p1.1", lane=run.fallback_lane)
    assert isinstance(taken, NothingTaken)
    assert taken.reason == "window"
    windowed = replace(DEFINITION, window=("10:00", "18:00")).as_json()
    store.client.hset(store.keys.run("main", run.group), "definition", windowed)
    ticker(store, tmp_path).tick()
    assert len(reading.windows(store, "main")[run.group]) >= 7, "it is written ahead"


def test_shares_of_live_runs_are_what_their_whole_hashes_say(store: Store, tmp_path: Path) -> None:
    fed, rated = make_run(store, tmp_path, 300), make_run(store, tmp_path, 300, definition=with_rate(50))
    make_run(store, tmp_path, 10, starts=False)
    first = iter([False, True])
    Feeder(store, settings_of(tmp_path), stops=lambda _: next(first)).feed("main", fed.group)
    shares, whole = list(reading.live_shares(store, "main")), list(reading.live_runs(store, "main"))
    waits = loads(store, "main", shares)
    assert waits == loads(store, "main", whole)
    assert (waits[fed.group].living, waits[rated.group].living) == (100, 0)
    assert [rows_free(each, waits) for each in shares] == [rows_free(each, waits) for each in whole]
