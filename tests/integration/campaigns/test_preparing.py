"""Runs that a cron makes: their recipients are read anew each time, and what is wrong with them is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from plexsend.campaigns.definitions.defined import IfMissed
from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.drafts.creating import fill
from plexsend.campaigns.feeds.feeding import Feeder
from plexsend.campaigns.feeds.troubles import PATIENCE_S
from plexsend.campaigns.recipients import open_recipients
from plexsend.campaigns.ticks.preparing import Preparer
from plexsend.campaigns.ticks.ticking import RunWants, Ticker
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.failures import RunRefused
from plexsend.outbox.runs.leases import take_lease
from plexsend.outbox.runs.making import put_campaign
from plexsend.outbox.runs.run import RunChunk
from plexsend.outbox.runs.states import MISSED, RunState
from tests.integration.campaigns.sending import (
    DEFINITION,
    folder_of,
    number_of,
    read,
    rows_there,
    settings_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run


def write(path: Path, rows: int, *, wrong: int = 0) -> None:
    numbers = [*(number_of(row) for row in range(rows)), *["nothing"] * wrong]
    path.write_text("휴대폰번호,이름\n" + "".join(f"{number},고객\n" for number in numbers), encoding="utf-8")


@pytest.fixture
def made(store: Store, tmp_path: Path) -> Run:
    """A draft that a cron made, of a list with 30 rows."""
    write(tmp_path / "list.csv", 30)
    definition = replace(
        DEFINITION, recipients=str(tmp_path / "list.csv"), cron="0 10 * * *", rate=50, max_invalid=1
    )
    put_campaign(
        store,
        "main",
        "spring",
        by="kim",
        cron="0 10 * * *",
        definition=definition.as_json(),
        planned_ms=server_ms(store) - 1_000,
    )
    assert Ticker(store, settings_of(tmp_path)).tick() == [RunWants("main", "spring~1", is_prepared=True)]
    return read(store, "spring~1")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_recipients_are_those_of_the_file_as_it_is_then(store: Store, tmp_path: Path, made: Run) -> None:
    write(tmp_path / "list.csv", 40, wrong=1)
    one = Preparer(store, settings_of(tmp_path))
    assert one.prepare("main", made.group) is RunState.RUNNING
    now = read(store, made.group)
    assert (now.rows, now.invalid, now.rate, now.prepares, now.until_ms) == (41, 1, 50, False, 0)
    assert one.prepare("main", made.group) is None, "it is prepared once"
    for _ in range(4):
        Feeder(store, settings_of(tmp_path)).feed("main", made.group)
    assert rows_there(store, now) == set(range(40))


def test_run_with_too_many_invalid_rows_stays_a_draft_and_says_why(
    store: Store, tmp_path: Path, made: Run
) -> None:
    write(tmp_path / "list.csv", 40, wrong=2)
    assert Preparer(store, settings_of(tmp_path)).prepare("main", made.group) is RunState.DRAFT
    now = read(store, made.group)
    assert (now.state, now.prepares) == (RunState.DRAFT, False)
    assert "2 of 42 rows are invalid, and max_invalid allows 1" in now.why
    assert Ticker(store, settings_of(tmp_path)).tick() == []


def test_file_that_is_not_there_is_waited_for_and_then_said(store: Store, tmp_path: Path, made: Run) -> None:
    (tmp_path / "list.csv").unlink()
    clock = Clock()
    one = Preparer(store, settings_of(tmp_path), clock)
    assert one.prepare("main", made.group) is RunState.DRAFT
    assert read(store, made.group).prepares, "it is tried again"
    write(tmp_path / "list.csv", 5)
    assert one.prepare("main", made.group) is RunState.RUNNING
    again = read(store, made.group)
    assert again.rows == 5


def test_file_that_stays_away_leaves_a_draft_with_the_reason(store: Store, tmp_path: Path, made: Run) -> None:
    (tmp_path / "list.csv").unlink()
    clock = Clock()
    one = Preparer(store, settings_of(tmp_path), clock)
    one.prepare("main", made.group)
    clock.now += PATIENCE_S
    one.prepare("main", made.group)
    now = read(store, made.group)
    assert (now.state, now.prepares) == (RunState.DRAFT, False)
    assert "list.csv" in now.why


def test_run_is_prepared_by_one_process_and_by_another_when_that_died(
    store: Store, tmp_path: Path, made: Run
) -> None:
    assert take_lease(store, "main", made.group, "somebody", 30) is not None
    assert Preparer(store, settings_of(tmp_path)).prepare("main", made.group) is None
    assert Ticker(store, settings_of(tmp_path)).tick() == []
    store.client.hset(store.keys.run("main", made.group), "until", 1)
    assert Ticker(store, settings_of(tmp_path)).tick() != []
    assert Preparer(store, settings_of(tmp_path)).prepare("main", made.group) is RunState.RUNNING


def test_run_that_was_cancelled_meanwhile_does_not_start(store: Store, tmp_path: Path, made: Run) -> None:
    steps.cancel(store, "main", made.group, by="kim")
    assert Preparer(store, settings_of(tmp_path)).prepare("main", made.group) is None
    Ticker(store, settings_of(tmp_path)).tick()
    assert [run.state for run in reading.runs(store)] == [RunState.CANCELLED]


def test_one_that_another_prepares_by_now_changes_nothing(store: Store, tmp_path: Path, made: Run) -> None:
    definition = Definition.from_json(made.definition)
    stale = take_lease(store, "main", made.group, "stalled", 30)
    assert stale is not None
    store.client.hset(store.keys.run("main", made.group), "until", 1)
    write(tmp_path / "list.csv", 5)
    assert take_lease(store, "main", made.group, "other", 30) is not None
    # The first one wakes up, and has read a list that was longer.
    write(tmp_path / "list.csv", 20)
    with open_recipients(definition.recipients) as recipients, pytest.raises(RunRefused):
        fill(store, settings_of(tmp_path), made, recipients, lease=stale.number)
    for step in (
        lambda: steps.set_draft(store, "main", made.group, lease=stale.number),
        lambda: steps.name_chunks(store, "main", made.group, [RunChunk(0, "d", 0, 1)], lease=stale.number),
        lambda: steps.set_checked(
            store, "main", made.group, rows=1, invalid=0, left_out=0, lease=stale.number
        ),
    ):
        with pytest.raises(RunRefused):
            step()
    now = read(store, made.group)
    assert (now.state, now.chunks, now.columns, now.prepares) == (RunState.DRAFT, (), (), True)


def test_marks_of_one_that_wakes_up_late_are_not_those_of_the_run(
    store: Store, tmp_path: Path, made: Run
) -> None:
    settings = settings_of(tmp_path)
    write(tmp_path / "list.csv", 4)
    Preparer(store, settings).prepare("main", made.group)
    # It had written its recipients, and read another list of as many rows.
    late = folder_of(tmp_path, made)
    late.write_marks(b"dddd")
    (late.path / "marks").write_bytes(b"dddd")
    now = read(store, made.group)
    assert late.read_marks(now.marks, now.rows) == b" " * 4


def test_one_whose_preparer_died_before_it_started_it_starts(store: Store, tmp_path: Path, made: Run) -> None:
    settings = settings_of(tmp_path)
    lease = take_lease(store, "main", made.group, "one", 30)
    assert lease is not None
    with open_recipients(tmp_path / "list.csv") as recipients:
        fill(store, settings, made, recipients, lease=lease.number)
    Ticker(store, settings).tick()
    assert read(store, made.group).state is RunState.CHECKED, "it may start it yet"
    store.client.hset(store.keys.run("main", made.group), "until", 1)
    Ticker(store, settings).tick()
    assert read(store, made.group).state is RunState.RUNNING


@pytest.mark.parametrize(
    "case",
    [
        (IfMissed.SKIP, 2, RunState.DRAFT),
        (IfMissed.START, 61, RunState.DRAFT),
        (IfMissed.START, 59, RunState.RUNNING),
    ],
)
def test_one_that_nobody_prepared_in_time_was_missed(
    store: Store, tmp_path: Path, made: Run, case: tuple[IfMissed, int, RunState]
) -> None:
    if_missed, late_min, state = case
    definition = replace(Definition.from_json(made.definition), if_missed=if_missed)
    starts = server_ms(store) - late_min * 60_000
    key = store.keys.run("main", made.group)
    store.client.hset(key, "definition", definition.as_json())
    store.client.hset(key, "starts", starts)
    assert Preparer(store, settings_of(tmp_path)).prepare("main", made.group) is state
    now = read(store, made.group)
    assert now.prepares is False
    assert (now.why == MISSED) is (state is RunState.DRAFT)
