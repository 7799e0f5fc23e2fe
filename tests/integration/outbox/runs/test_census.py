"""The runs of campaigns in figures: by state, what stopped by itself, what is left and what is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.census import take_census
from plexsend.outbox.runs.conditions import BY
from plexsend.outbox.runs.making import create_run
from plexsend.outbox.runs.states import RunState
from tests.integration.outbox.runs.feeder import checked, feed, leased, running

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def test_runs_are_counted_by_state_and_rows_by_what_was_fed(store: Store) -> None:
    assert take_census(store) == {}
    run = running(store, rows=10)
    feed(store, run, leased(store, run), range(4))
    over = running(store, "over")
    steps.cancel(store, "main", over.group, by="kim", why="")
    checked(store, "later", account="shop")
    census = take_census(store)
    assert census["main"].states == {RunState.RUNNING: 1}
    assert (census["main"].rows_left, census["main"].planned, census["main"].overdue_s(1)) == (6, 0, 0.0)
    assert census["shop"].states == {RunState.CHECKED: 1}


def test_only_what_no_person_stopped_waits_for_one(store: Store) -> None:
    steps.pause(store, "main", running(store, "a").group, by="kim", why="lunch")
    steps.pause(store, "main", running(store, "b").group, by=BY, why="too many fail")
    # The latest of its campaign, though no tick looks at it.
    create_run(store, "main", "c", definition="{}", by="kim", columns=["번호"])
    census = take_census(store)["main"]
    assert census.states == {RunState.PAUSED: 2, RunState.DRAFT: 1}
    assert {state: n for state, n in census.stopped.items() if n} == {RunState.PAUSED: 1}


def test_a_planned_start_is_overdue_from_its_time_on(store: Store) -> None:
    now_ms = server_ms(store)
    steps.schedule(store, "main", checked(store).group, now_ms + 60_000)
    census = take_census(store)["main"]
    assert (census.planned, census.overdue_s(now_ms)) == (1, 0.0)
    assert census.overdue_s(now_ms + 180_000) == 120.0
