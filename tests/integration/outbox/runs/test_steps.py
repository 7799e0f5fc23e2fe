"""A run's life: each step where it is possible, in one call, and again without harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.campaigns import steering
from plexsend.errors import NotPossible, UsageError
from plexsend.outbox import groups
from plexsend.outbox.form import FORM, FORM_WITH_CAMPAIGNS
from plexsend.outbox.reading.groups import closings
from plexsend.outbox.reading.queries import holds, server_ms
from plexsend.outbox.reading.run_audit import run_breaks
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.failures import RunFenced, RunRefused
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import pass_over, release_lease, renew_lease, take_lease
from plexsend.outbox.runs.making import create_run
from plexsend.outbox.runs.run import RunChunk
from plexsend.outbox.runs.states import RunState, RunStep, is_possible
from plexsend.outbox.walk import look_over, read_page
from tests.integration.outbox.runs.feeder import DAY_MS, checked, feed, lane_of, leased, read, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.runs.steps import StepDone
    from tests.integration.outbox.bench import Bench

DO: dict[RunStep, Callable[[Store, str], StepDone]] = {
    RunStep.DRAFT: lambda store, group: steps.set_draft(store, "main", group),
    RunStep.CHECK: lambda store, group: steps.set_checked(
        store, "main", group, rows=9, invalid=0, left_out=0
    ),
    RunStep.SCHEDULE: lambda store, group: steps.schedule(store, "main", group, server_ms(store) + DAY_MS),
    RunStep.START: lambda store, group: steps.start(store, "main", group),
    RunStep.PAUSE: lambda store, group: steps.pause(store, "main", group, by="kim", why="a typo"),
    RunStep.RESUME: lambda store, group: steps.resume(store, "main", group),
    RunStep.CANCEL: lambda store, group: steps.cancel(store, "main", group, by="kim", why="over"),
    RunStep.FINISH: lambda store, group: steps.finish(store, "main", group),
}
WAY_TO: dict[RunState, tuple[RunStep, ...]] = {
    RunState.DRAFT: (),
    RunState.CHECKED: (RunStep.CHECK,),
    RunState.SCHEDULED: (RunStep.CHECK, RunStep.SCHEDULE),
    RunState.RUNNING: (RunStep.CHECK, RunStep.START),
    RunState.PAUSED: (RunStep.CHECK, RunStep.START, RunStep.PAUSE),
    RunState.DONE: (RunStep.CHECK, RunStep.START, RunStep.FINISH),
    RunState.CANCELLED: (RunStep.CANCEL,),
}


def in_state(store: Store, state: RunState) -> str:
    group = create_run(store, "main", "spring", definition="{}", by="kim")
    for step in WAY_TO[state]:
        DO[step](store, group)
    assert read(store, group).state is state
    return group


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("step", RunStep)
def test_each_step_is_done_where_the_table_has_it_and_changes_nothing_elsewhere(
    store: Store, step: RunStep, state: RunState
) -> None:
    group = in_state(store, state)
    before = read(store, group)
    if is_possible(step, state):
        first = DO[step](store, group)
        second = DO[step](store, group)
        assert first.state == second.state == read(store, group).state
    else:
        with pytest.raises(RunRefused) as refused:
            DO[step](store, group)
        assert refused.value.state is state
        assert read(store, group) == before
    lives = group in [run.group for run in reading.live_runs(store, "main")]
    after = read(store, group)
    assert lives is (
        after.state in {RunState.RUNNING, RunState.PAUSED}
        or (after.state is RunState.CANCELLED and step is not RunStep.FINISH)
    )
    assert (group in reading.due_at(store, "main")) is (after.state is RunState.SCHEDULED)
    held = any(hold.what == group for hold in holds(store, "main"))
    # One that was paused stays held until what was fed of it has other times.
    assert held is (
        after.state is RunState.PAUSED
        or (after.state is RunState.CANCELLED and step is not RunStep.FINISH)
        or (before.state is RunState.PAUSED and step is RunStep.SCHEDULE)
    )
    if held and after.state is RunState.SCHEDULED:
        steps.release_group(store, "main", group)
        assert not any(hold.what == group for hold in holds(store, "main"))


def test_runs_of_a_campaign_are_numbered_and_the_latest_is_found(store: Store) -> None:
    first, second = checked(store), checked(store)
    assert (first.group, second.group, second.number, second.written) == (
        "spring~1",
        "spring~2",
        2,
        "spring/2",
    )
    assert first.id != second.id
    assert second.columns == ("번호",)
    assert second.chunks == (RunChunk(0, "d" * 8, 0, 100),)
    assert [run.group for run in reading.runs(store)] == ["spring~2", "spring~1"]
    assert reading.latest(store, "spring") == second
    assert reading.latest(store, "autumn") is None
    above = create_run(store, "main", "spring", definition="", by="kim", above=7)
    assert above == "spring~8"
    assert read(store, above).row_of(f"{read(store, above).id}-12~f") == 12
    checked(store, account="others")
    with pytest.raises(UsageError, match="several accounts"):
        reading.latest(store, "spring")


def test_a_step_of_a_run_that_is_not_there_writes_nothing(store: Store) -> None:
    for act in DO.values():
        with pytest.raises(RunRefused, match="no run spring/9") as refused:
            act(store, "spring~9")
        assert refused.value.state is None
    assert take_lease(store, "main", "spring~9", "one", 5) is None
    assert not list(store.client.scan_iter(f"{store.keys.account('main')}*"))


def test_a_run_that_was_paused_before_its_time_waits_for_it_again(store: Store) -> None:
    run = checked(store)
    at_ms = server_ms(store) + DAY_MS
    steps.schedule(store, "main", run.group, at_ms)
    steps.pause(store, "main", run.group, by="kim", why="wait")
    assert reading.due_at(store, "main") == {}
    paused = read(store, run.group)
    assert (paused.why, paused.why_by, paused.why_since_ms > 0) == ("wait", "kim", True)
    assert steps.resume(store, "main", run.group).state is RunState.SCHEDULED
    assert reading.due_at(store, "main") == {run.group: at_ms}
    again = read(store, run.group)
    assert (again.why, again.why_by, again.why_since_ms) == ("", "", 0)
    # Its time came while it was paused.
    steps.reschedule(store, "main", run.group, server_ms(store) - 1)
    steps.pause(store, "main", run.group, by="kim")
    assert steps.resume(store, "main", run.group).state is RunState.RUNNING


@pytest.mark.parametrize(
    ("if_missed", "late_min", "state"),
    [
        ("start", 30, RunState.RUNNING),
        ("start", 61, RunState.CHECKED),
        ("skip", 2, RunState.CHECKED),
    ],
)
def test_a_run_that_missed_its_time_while_it_was_paused_starts_late_or_not(
    if_missed: str, late_min: int, state: RunState, bench: Bench
) -> None:
    store = bench.store
    run = checked(store)
    steps.schedule(store, "main", run.group, server_ms(store) - late_min * 60_000, if_missed=if_missed)
    steps.pause(store, "main", run.group, by="kim", why="wait")
    assert steps.resume(store, "main", run.group).state is state
    now = read(store, run.group)
    missed = state is RunState.CHECKED
    assert (now.why, now.why_by) == ("its planned start was missed" if missed else "", "")
    assert reading.due_at(store, "main") == {}
    assert [each.group for each in reading.live_runs(store, "main")] == ([] if missed else [run.group])
    # A person who says now means now.
    if missed:
        steps.schedule(store, "main", run.group, server_ms(store) - DAY_MS, if_missed=if_missed)
        steps.pause(store, "main", run.group, by="kim")
        assert steering.reschedule(store, read(store, run.group), 0).state is RunState.RUNNING
        assert holds(store, "main") == []


def test_what_waits_of_a_paused_run_goes_at_no_time_but_the_new_one(bench: Bench) -> None:
    store = bench.store
    run = running(store)
    feed(store, run, leased(store, run), range(3))
    steps.pause(store, "main", run.group, by="kim")
    at_ms = server_ms(store) + DAY_MS
    steps.reschedule(store, "main", run.group, at_ms)
    assert bench.rest(lane=lane_of(run)).reason == f"group pause {run.group}"
    groups.reschedule(store, "main", run.group, at_ms)
    steps.release_group(store, "main", run.group)
    bench.rest(lane=lane_of(run))
    assert {bench.state(run.key_of(row)) for row in range(3)} == {"scheduled"}


def test_a_cancel_closes_the_group_and_holds_it_until_the_run_is_finished(store: Store) -> None:
    run = running(store)
    steps.cancel(store, "main", run.group, by="kim", why="over")
    assert closings(store, "main")[run.group].why == "over"
    assert [hold.what for hold in holds(store, "main")] == [run.group]
    with pytest.raises(RunRefused, match="yet: what waits of it is being cancelled"):
        steps.drop(store, "main", run.group)
    steps.finish(store, "main", run.group)
    assert holds(store, "main") == []
    assert run.group in closings(store, "main")
    assert read(store, run.group).state is RunState.CANCELLED


def test_a_lease_is_one_feeders_and_each_number_is_higher(store: Store) -> None:
    run = running(store)
    one = take_lease(store, "main", run.group, "one", 5)
    assert one is not None
    assert take_lease(store, "main", run.group, "two", 5) is None
    later = renew_lease(store, "main", run.group, one, 30)
    assert later is not None
    assert later.until_ms > one.until_ms
    release_lease(store, "main", run.group, one)
    two = take_lease(store, "main", run.group, "two", 5)
    assert two is not None
    assert two.number > one.number
    assert two.previous == one.number
    assert renew_lease(store, "main", run.group, one, 5) is None
    release_lease(store, "main", run.group, one)
    assert take_lease(store, "main", run.group, "three", 5) is None
    with pytest.raises(RunFenced) as fenced:
        pass_over(store, "main", run.group, one, since=0, fed=10, skipped=10)
    assert fenced.value.state == "lease"
    pass_over(store, "main", run.group, two, since=0, fed=10, skipped=4)
    pass_over(store, "main", run.group, two, since=0, fed=10, skipped=4)
    assert (read(store, run.group).fed, read(store, run.group).skipped) == (10, 4)


def test_a_lease_given_after_redis_went_back_is_none_that_was_given_before(store: Store) -> None:
    run = running(store)
    key = store.keys.run("main", run.group)
    before = store.client.dump(key) or b""
    stopped = leased(store, run)
    store.client.restore(key, 0, before, replace=True)
    assert leased(store, run).number > stopped.number


def test_a_lease_from_before_the_clock_was_set_back_ends(store: Store) -> None:
    run = running(store)
    assert take_lease(store, "main", run.group, "one", 5) is not None
    ahead = server_ms(store) + DAY_MS
    store.client.hset(store.keys.run("main", run.group), "until", ahead)
    assert take_lease(store, "main", run.group, "two", 5) is not None


def test_fates_are_a_byte_a_row_and_the_better_one_stays(store: Store) -> None:
    run = running(store, rows=10)
    steps.write_fates(store, "main", run.group, {1: Fate.DELIVERED, 3: Fate.INVALID, 99: Fate.LOST})
    steps.write_fates(store, "main", run.group, {1: Fate.FAILED, 3: Fate.ACCEPTED, 4: Fate.LOST})
    assert reading.fates(store, "main", run.group, rows=10) == b" d aw     "


def test_a_drop_leaves_nothing_of_the_recipients(store: Store) -> None:
    run = running(store)
    steps.write_fates(store, "main", run.group, {1: Fate.DELIVERED})
    with pytest.raises(RunRefused):
        steps.drop(store, "main", run.group)
    steps.finish(store, "main", run.group)
    steps.drop(store, "main", run.group)
    steps.write_fates(store, "main", run.group, {2: Fate.DELIVERED})
    left = read(store, run.group)
    assert (left.chunks, left.columns, left.dropped_ms > 0) == ((), (), True)
    assert reading.fates(store, "main", run.group) == b""


def test_what_was_taken_away_beside_a_run_is_mended(store: Store) -> None:
    run, other = running(store), checked(store)
    steps.schedule(store, "main", other.group, 5)
    store.client.delete(store.keys.due("main"), store.keys.live_runs("main"))
    found = [each.what for each in run_breaks(store)]
    assert found == [
        "the run spring/1 is running, but no tick looks at it",
        "the run spring/2 is scheduled, but nobody will start it",
    ]
    page = read_page(store, "runs main 0")
    assert (page.runs, page.next_place) == ({"main": [run.group, other.group]}, "end")
    assert look_over(store, page).runs == 2
    assert look_over(store, page).runs == 0
    assert reading.due_at(store, "main") == {other.group: 5}
    assert [each.group for each in reading.live_runs(store, "main")] == [run.group]


def test_windows_and_notes_are_kept_as_given(store: Store) -> None:
    run = running(store)
    steps.set_window(store, "main", run.group, [(1, 2), (5, 9)])
    steps.note_run(store, "main", run.group, test=7, watch="x")
    assert reading.windows(store, "main") == {run.group: ((1, 2), (5, 9))}
    assert read(store, run.group).notes == {"watch": "x"}
    assert read(store, run.group).tested_ms == 7
    steps.set_window(store, "main", run.group, [])
    assert reading.windows(store, "main") == {run.group: ()}
    steps.set_window(store, "main", run.group, None)
    assert reading.windows(store, "main") == {}
    with pytest.raises(TypeError, match="state"):
        steps.note_run(store, "main", run.group, state="done")


def test_campaigns_wait_until_no_older_program_runs(store: Store) -> None:
    """One that knows none sends outside windows, and takes records away without noting their fates."""
    run = checked(store)
    store.client.set(store.keys.format, FORM_WITH_CAMPAIGNS - 1)
    younger = Store(store.client, store.keys.prefix)
    with pytest.raises(NotPossible, match="older version of plexsend still runs"):
        create_run(younger, "main", "autumn", definition="{}", by="kim")
    with pytest.raises(NotPossible, match="ten minutes"):
        steps.start(younger, "main", run.group)
    assert reading.campaign(younger, "main", "autumn") is None
    assert read(store, run.group).state is RunState.CHECKED
    store.client.set(store.keys.format, FORM)
    steps.start(Store(store.client, store.keys.prefix), "main", run.group)
