"""The processes that judge rows: the same as one process does, and words where one is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.checks.judging_processes import ChunkWriter, judge_all
from plexsend.campaigns.checks.row_judge import JudgeTerms
from plexsend.campaigns.definitions.defined import Definition
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.whole_files import CampaignFolderFailed
from plexsend.errors import NotPossible
from plexsend.producers.guards import Guards
from plexsend.settings import RcsDialect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.campaigns.checks.row_judge import ListedRow

TERMS = JudgeTerms(
    definition=Definition(
        name="spring", service="sms-bulk", sender="02-2345-6789", text="#{이름}님, 안녕하세요."
    ),
    header=("휴대폰번호", "이름"),
    account="main",
    guards=Guards(),
    rcs_dialect=RcsDialect.V1,
    has_number_key=False,
    today=date(2026, 11, 29),
    now_ms=0,
)


def jobs(chunks: int) -> Iterator[list[ListedRow]]:
    for chunk in range(chunks):
        yield [
            (row, row, (f"010{20_000_000 + row}", "김" * row), None, False)
            for row in range(chunk * 7, chunk * 7 + 7)
        ]


def test_two_processes_find_what_one_does_in_the_order_of_the_rows(tmp_path: Path) -> None:
    here = ChunkWriter(tmp_path / "one", "main", "spring~1", "0a1b2c3d4e5f")
    there = ChunkWriter(tmp_path / "two", "main", "spring~1", "0a1b2c3d4e5f")
    one = list(judge_all(TERMS, jobs(9), processes=1, writer=here))
    assert list(judge_all(TERMS, jobs(9), processes=2, writer=there)) == one
    assert sum(len(each.invalid) for each in one) > 9
    folder = RunFolder(tmp_path / "two", "main", "spring~1", "0a1b2c3d4e5f")
    rows = [row for each in one if each.chunk for row in folder.read_chunk(each.chunk)]
    assert [line for line, _ in rows] == list(range(63))
    assert multiprocessing.active_children() == []


def test_killed_process_ends_the_check_with_words_and_leaves_no_other_behind(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = judge_all(TERMS, jobs(60), processes=2)
    next(found)
    # Ctrl-C reaches the whole group of processes: this one ends them, and they say nothing.
    for child in multiprocessing.active_children():
        assert child.pid is not None
        os.kill(child.pid, signal.SIGINT)
    for _ in range(9):
        next(found)
    for child in multiprocessing.active_children():
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(NotPossible, match=r"ended \(by signal 9\).*memory left"):
        list(found)
    assert multiprocessing.active_children() == []
    assert capfd.readouterr().err == ""


def test_folder_that_cannot_be_written_is_said_by_its_process_too(tmp_path: Path) -> None:
    tmp_path.joinpath("campaigns").write_text("a file")
    writer = ChunkWriter(tmp_path / "campaigns", "main", "spring~1", "0a1b2c3d4e5f")
    with pytest.raises(CampaignFolderFailed, match="PLEXSEND_CAMPAIGN_DIR must name a folder"):
        list(judge_all(TERMS, jobs(5), processes=2, writer=writer))


def test_what_an_error_of_a_process_says_of_a_row_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    # Cells that no reader gives: what is made of them fails.
    rows: Any = [[(row, row, ({"궁예": "01098765432"}, "이"), None, False)] for row in range(4)]
    with pytest.raises(NotPossible, match=r"Judging fails: \w+ at \w+\.py:\d+") as failed:
        list(judge_all(TERMS, iter(rows), processes=2))
    shown = str(failed.value) + capfd.readouterr().err
    assert "궁예" not in shown
    assert "Traceback" not in shown
