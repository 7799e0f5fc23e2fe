"""Recipients in spreadsheets."""

from __future__ import annotations

import gzip
import sys
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from plexsend.campaigns.recipients import open_recipients, spreadsheets
from plexsend.errors import FileProblem, MissingExtra
from tests.spreadsheets import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ["이름", "휴대폰번호", "가입일", "금액"]


def test_cells_are_what_people_read(tmp_path: Path) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx",
        {
            "고객": [
                HEADER,
                ["홍", 1022227919, date(2026, 12, 1), 0.1 + 0.2],
                ["김", 1022227910.0, datetime(2026, 12, 1, 10, 30), 20000],  # noqa: DTZ001  as Excel has it
                ["이", "010-2222-7919", ValueError("#N/A"), True],
                [None, "01022227919", datetime(2026, 12, 1), -1.5],  # noqa: DTZ001  as Excel has it
            ]
        },
    )
    with open_recipients(path) as recipients:
        assert (recipients.header, recipients.notes) == (tuple(HEADER), ["the sheet 고객"])
        rows = list(recipients.rows())
    assert [row.cells for row in rows] == [
        ("홍", "01022227919", "2026-12-01", "0.3"),
        ("김", "01022227910", "2026-12-01 10:30", "20000"),
        ("이", "010-2222-7919", "", "TRUE"),
        ("", "01022227919", "2026-12-01", "-1.5"),
    ]
    assert [row.mended for row in rows] == [True, True, False, False]


def test_a_line_is_the_row_that_excel_shows(tmp_path: Path) -> None:
    """Blank rows in front and between count, and are not people."""
    path = write_workbook(
        tmp_path / "a.xlsx",
        {
            "a": [
                [],
                [None, None],
                [None, "휴대폰", "이름"],
                [],
                [None, "01023456789", "가"],
                [None, "01023456780", "나"],
            ]
        },
    )
    with open_recipients(path) as recipients:
        assert recipients.header == ("휴대폰", "이름")
        assert [(row.line, row.cells) for row in recipients.rows()] == [
            (5, ("01023456789", "가")), (6, ("01023456780", "나")),
        ]  # fmt: skip
        # Read anew, since a spreadsheet is kept in memory for one pass.
        assert len(list(recipients.rows())) == 2


def test_the_first_sheet_that_is_shown_is_read_unless_one_is_named(tmp_path: Path) -> None:
    sheets = {
        name: [["휴대폰"], [f"0102345678{place}"]] for place, name in enumerate(("숨김", "고객", "지난달"))
    }
    path = write_workbook(tmp_path / "a.xlsx", sheets, hidden=["숨김"])
    found = {}
    for sheet in (None, "지난달", "숨김"):
        with open_recipients(path, sheet=sheet) as recipients:
            found[sheet] = recipients.notes, next(recipients.rows()).cells[0]
    assert found == {
        None: (["the sheet 고객 (of 3)"], "01023456781"),
        "지난달": (["the sheet 지난달 (of 3)"], "01023456782"),
        "숨김": (["the sheet 숨김 (of 3)"], "01023456780"),
    }
    with pytest.raises(FileProblem, match=r"no sheet '지난 달'; it has .*'지난달'\. Did you mean '지난달'\?"):
        open_recipients(path, sheet="지난 달")


def test_a_packed_workbook_and_one_through_a_pipe_are_read(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"a": [["휴대폰"], ["01023456789"]]})
    packed = tmp_path / "a.xlsx.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with open_recipients(packed) as recipients:
        assert (recipients.notes, len(list(recipients.rows()))) == (["gzip", "the sheet a"], 1)
    with path.open("rb") as stream, open_recipients(stream) as recipients:
        assert len(list(recipients.rows())) == 1


def test_a_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.csv", {"a": [["휴대폰"], ["01023456789"]]})
    with open_recipients(path, fmt="csv") as recipients:
        assert recipients.format == "xlsx"


def test_an_empty_sheet_says_what_is_missing(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"a": [[]]})
    with pytest.raises(FileProblem, match=r"its sheet 'a' is empty\. Its first row names the columns\."):
        open_recipients(path)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"a": [["휴대폰"], ["01023456789"]]})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileProblem, match="damaged spreadsheet or archive"):
        open_recipients(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(FileProblem, match="it cannot be read as a spreadsheet"):
        open_recipients(path)


def test_a_workbook_that_memory_does_not_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"a": [["휴대폰"], *[["01023456789"]] * 3_000]})
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 200_000)
    with pytest.raises(
        FileProblem, match=r"it unpacks to 0\.296 MB.* up to 0\.2 MB are read\. Save it as CSV UTF-8"
    ):
        open_recipients(path)


def test_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"a": [["휴대폰"]]})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingExtra, match=r"pip install 'plexsend\[tables\]'"):
        open_recipients(path)
