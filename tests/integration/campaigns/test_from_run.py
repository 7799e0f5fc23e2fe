"""Rows of a run with one outcome, for another run: each once, and never one that may have been reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.campaigns import steering
from plexsend.campaigns.drafts.from_run import ChosenRows, Only, codes_meant, select
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.follow_ups import source_of
from plexsend.campaigns.folders.forgetting import forget
from plexsend.campaigns.ticks.ticking import Ticker
from plexsend.errors import NotPossible
from plexsend.outbox import groups
from plexsend.outbox.batches import Outcome
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.states import RunState
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.campaigns.sending import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.outbox.bench import Bench

UNDELIVERED, SWITCHED_OFF, DELIVERED = "2", "E", "0"


def folder_of(run: RunBench, root: Path) -> RunFolder:
    return RunFolder(root, "main", run.group, run.run.id)


def made(
    bench: Bench,
    root: Path,
    rows: int,
    name: str = "spring",
    *,
    marks: str = "",
    lines: list[int] | None = None,
    source: str = "",
) -> RunBench:
    """Return a run with its recipients in two chunks; row n is in line n + 2, as below a header."""
    run = RunBench(bench, rows, name)
    folder = folder_of(run, root)
    numbers = lines or [row + 2 for row in range(rows)]
    cells = [(line, (f"010{line:08}", f"name {line}")) for line in numbers]
    half = rows // 2
    key = bench.store.keys.run("main", run.group)
    for number, (first, part) in enumerate(((0, cells[:half]), (half, cells[half:]))):
        chunk = folder.write_chunk(number, first, part)
        bench.store.client.hset(key, f"c:{number}", f"{chunk.digest} {chunk.first_row} {chunk.rows}")
    bench.store.client.hset(key, "marks", folder.write_marks(marks.ljust(rows).encode()))
    if source:
        steps.note_run(bench.store, "main", run.group, source=source)
    return run


def chosen(bench: Bench, root: Path, only: Only, *reasons: str, name: str = "again") -> ChosenRows:
    return select(bench.store, root, name=name, account=None, source="spring/1", only=only, reasons=reasons)


def lines_of(selection: ChosenRows) -> list[int]:
    with selection.recipients as recipients:
        rows = list(recipients.rows())
    assert [row.number for row in rows] == list(range(selection.rows))
    assert all(row.cells == (f"010{row.line:08}", f"name {row.line}") for row in rows)
    return [row.line for row in rows]


def played(bench: Bench, root: Path) -> RunBench:
    """Return a cancelled run of 40 rows, ten of each: accepted, rejected, cancelled, never fed."""
    run = made(bench, root, 40, marks=" " * 38 + "di")
    run.feed(30)
    run.send(Outcome.ACCEPTED, "C100")
    run.send(Outcome.REJECTED, "G140")
    run.cancel()
    return run


def test_each_outcome_has_its_rows(bench: Bench, tmp_path: Path) -> None:
    played(bench, tmp_path)
    assert lines_of(chosen(bench, tmp_path, Only.REACHED)) == list(range(2, 12))
    assert lines_of(chosen(bench, tmp_path, Only.FAILED)) == list(range(12, 22))
    # What was left out for another row with its number, or was invalid, stays left out.
    assert lines_of(chosen(bench, tmp_path, Only.UNSENT)) == list(range(22, 40))
    assert chosen(bench, tmp_path, Only.UNSENT).source == "spring~1 unsent"


def test_only_a_run_that_is_over_is_taken_from(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path, 10)
    with pytest.raises(NotPossible, match=r"is running.*plexsend campaign cancel spring/1"):
        chosen(bench, tmp_path, Only.UNSENT)
    steps.finish(bench.store, "main", run.group)
    assert chosen(bench, tmp_path, Only.UNSENT).rows == 10
    forget(bench.store, tmp_path, run.run)
    with pytest.raises(NotPossible, match="are deleted"):
        chosen(bench, tmp_path, Only.UNSENT)


def test_what_may_have_been_sent_is_never_taken_and_counted(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path, 50)
    run.feed(40)
    run.send(Outcome.PARK, "C500_1")
    run.send(Outcome.ACCEPTED, "C100")
    run.send(Outcome.REJECTED, "G140")
    run.receive("o", [run.key(10)])
    run.pass_over(5, Fate.LOST)
    run.cancel()
    for only in (Only.FAILED, Only.UNSENT):
        selection = chosen(bench, tmp_path, only)
        left = {"uncertain": 10, "pending": 9, "unknown": 1, "lost": 5, "already": 0}
        assert selection.left == left
        assert not {*lines_of(selection)} & {*range(2, 22), *range(42, 47)}
    remarks = " ".join(selection.remarks())
    assert "10 rows may have been sent, and wait for a person" in remarks
    assert "1 row was sent, and nobody knows whether it arrived" in remarks


def test_where_redis_went_back_unseen_the_folder_knows(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path, 30)
    run.feed(10)
    run.send(Outcome.REJECTED, "G140")
    # Redis was restored from a copy, and cancelled before anything was fed again.
    with folder_of(run, tmp_path) as folder:
        folder.note_witness(7, 20, begun=25)
    run.cancel()
    assert lines_of(chosen(bench, tmp_path, Only.UNSENT)) == list(range(27, 32))
    assert chosen(bench, tmp_path, Only.UNSENT).left["lost"] == 15


@pytest.mark.parametrize("by", ["a person", "its group"])
def test_a_cancel_counts_what_the_folder_knows_as_perhaps_sent(bench: Bench, tmp_path: Path, by: str) -> None:
    """Redis was restored while the run was paused: no feeder looked into its folder since."""
    run = made(bench, tmp_path, 30)
    run.root = tmp_path
    run.feed(10)
    with folder_of(run, tmp_path) as folder:
        folder.note_witness(7, 20, begun=25)
    steering.pause(bench.store, run.run, by="kim")
    if by == "a person":
        run.cancel()
        run.cancel()
    else:
        groups.cancel(bench.store, "main", run.group, by="kim", why="wrong list")
        Ticker(bench.store, settings_of(tmp_path)).tick()
    counts = run.counts
    assert (run.run.state, counts.lost, counts.cancelled, counts.failure) == (RunState.CANCELLED, 15, 15, 15)
    assert chosen(bench, tmp_path, Only.UNSENT).left["lost"] == 15


def test_fates_tell_where_records_are_gone(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path, 12)
    letters = dict(enumerate((Fate.DELIVERED, Fate.UNDELIVERED, Fate.UNKNOWN, Fate.CANCELLED, Fate.ACCEPTED)))
    steps.write_fates(bench.store, "main", run.group, letters)
    steps.cancel(bench.store, "main", run.group, by="kim")
    assert lines_of(chosen(bench, tmp_path, Only.REACHED)) == [2, 6]
    assert lines_of(chosen(bench, tmp_path, Only.FAILED)) == [3]
    assert lines_of(chosen(bench, tmp_path, Only.UNSENT)) == [5, *range(7, 14)]
    with pytest.raises(NotPossible, match="1 row has no reason any more"):
        chosen(bench, tmp_path, Only.FAILED, "전원꺼짐")


def test_reasons_are_words_or_codes(bench: Bench, tmp_path: Path) -> None:
    run = made(bench, tmp_path, 20)
    run.feed(20)
    run.send(Outcome.ACCEPTED, "C100")
    run.send(Outcome.REJECTED, "G140")
    run.receive(SWITCHED_OFF, [run.key(row) for row in range(5)])
    run.receive(UNDELIVERED, [run.key(row) for row in range(5, 10)])
    run.cancel()
    assert lines_of(chosen(bench, tmp_path, Only.FAILED, "전원꺼짐")) == list(range(2, 7))
    assert lines_of(chosen(bench, tmp_path, Only.FAILED, "switched off", "2")) == list(range(2, 12))
    assert lines_of(chosen(bench, tmp_path, Only.FAILED, "G140")) == list(range(12, 22))
    assert chosen(bench, tmp_path, Only.FAILED, "E").left["other_reason"] == 15
    with pytest.raises(NotPossible, match=r"'nonsense' is not a code.*receipt-codes\.md"):
        codes_meant(["nonsense"])


def test_each_row_is_taken_once_for_a_pair_of_runs(bench: Bench, tmp_path: Path) -> None:
    played(bench, tmp_path)
    first = lines_of(chosen(bench, tmp_path, Only.FAILED))
    source = source_of("spring~1", Only.FAILED)
    again = made(bench, tmp_path, 4, "again", lines=first[:4], source=source)
    selection = chosen(bench, tmp_path, Only.FAILED)
    assert (lines_of(selection), selection.left["already"]) == (first[4:], 4)
    assert "4 rows were taken by an earlier run" in " ".join(selection.remarks())
    # Another campaign is another pair, and so is another outcome.
    assert lines_of(chosen(bench, tmp_path, Only.FAILED, name="other")) == first
    assert chosen(bench, tmp_path, Only.UNSENT).left["already"] == 0
    # What it did not write to is free again, once it is over.
    again.feed(2)
    again.send(Outcome.REJECTED, "G140")
    again.cancel()
    assert lines_of(chosen(bench, tmp_path, Only.FAILED)) == first[2:]
    # Its recipients are deleted, and what it took is known all the same.
    forget(bench.store, tmp_path, again.run)
    assert lines_of(chosen(bench, tmp_path, Only.FAILED)) == first[2:]


def test_all_taken_says_so(bench: Bench, tmp_path: Path) -> None:
    played(bench, tmp_path)
    lines = lines_of(chosen(bench, tmp_path, Only.FAILED))
    made(bench, tmp_path, 10, "again", lines=lines, source=source_of("spring~1", Only.FAILED))
    with pytest.raises(NotPossible, match=r"No row of spring/1 is failed.*10 rows were taken by an earlier"):
        chosen(bench, tmp_path, Only.FAILED)


def test_a_follow_up_whose_folder_is_lost_took_all(bench: Bench, tmp_path: Path) -> None:
    played(bench, tmp_path)
    lines = lines_of(chosen(bench, tmp_path, Only.FAILED))
    again = made(bench, tmp_path, 2, "again", lines=lines[:2], source=source_of("spring~1", Only.FAILED))
    again.cancel()
    folder_of(again, tmp_path).drop()
    forget(bench.store, tmp_path, again.run)
    with pytest.raises(NotPossible, match="10 rows were taken"):
        chosen(bench, tmp_path, Only.FAILED)
