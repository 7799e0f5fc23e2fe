"""A table on a terminal that is too narrow for it: what is left out, and what never is."""

from __future__ import annotations

import io
import re

import pytest

from plexsend.terminal.tables import Column, print_table
from plexsend.terminal.wrapping import width_of

COLUMNS = (
    Column("lane"),
    Column("waiting", right=True),
    Column("rate/s", right=True, leave_out=2),
    Column("drains", right=True, leave_out=1),
    Column("held", folds=True, least=8),
)
ROWS = [
    ["mms-bulk@main", "1,234,567", "100", "24", ""],
    ["mms-finance@main", "7", "0.5", "1", "account pause"],
]


BOLD = re.compile(r"\x1b\[[0-9]*m")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")


def draw(
    width: int, monkeypatch: pytest.MonkeyPatch, *, blocks: bool = False, wide: bool = False
) -> list[str]:
    """Return the lines that a terminal of this width shows."""
    monkeypatch.setenv("COLUMNS", str(width))
    terminal = Terminal()
    assert print_table(terminal, COLUMNS, ROWS, blocks=blocks, wide=wide).rows == 2
    return [line.rstrip() for line in BOLD.sub("", terminal.getvalue()).splitlines()]


@pytest.mark.parametrize(
    ("width", "heading"),
    [
        (120, "lane waiting rate/s drains held"),
        (53, "lane waiting rate/s drains held"),
        (52, "lane waiting rate/s held"),
        (45, "lane waiting rate/s held"),
        (44, "lane waiting held"),
        (35, "lane waiting held"),
    ],
)
def test_drains_are_left_out_first_and_then_the_rate(
    width: int, heading: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = draw(width, monkeypatch)

    assert " ".join(lines[0].split()) == heading
    assert max(map(len, lines)) <= width
    # The numbers end where their heading ends, in all rows.
    end = lines[0].index("waiting") + len("waiting")
    assert [line[:end].split()[-1] for line in lines[2:4]] == ["1,234,567", "7"]


@pytest.mark.parametrize(
    ("width", "left_out"), [(120, ()), (52, ("drains",)), (44, ("rate/s", "drains")), (30, ())]
)
def test_what_is_left_out_is_named(
    width: int, left_out: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert print_table(Terminal(), COLUMNS, ROWS, blocks=True).left_out == left_out
    assert print_table(Terminal(), COLUMNS, ROWS, blocks=True, wide=True).left_out == ()


def test_a_column_in_which_there_is_nothing_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "35")
    rows = [["mms-finance@main", "1,234,567", "100", "", "account"]]
    assert print_table(Terminal(), COLUMNS, rows, blocks=True).left_out == ("rate/s",)


def test_a_folded_cell_breaks_at_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = draw(39, monkeypatch)
    assert [line.split()[-1] for line in lines[3:]] == ["account", "pause"]


def test_a_terminal_too_narrow_for_any_table_gets_a_block_for_each_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert draw(30, monkeypatch, blocks=True) == [
        "lane     mms-bulk@main",
        "waiting  1,234,567",
        "rate/s   100",
        "drains   24",
        "",
        "lane     mms-finance@main",
        "waiting  7",
        "rate/s   0.5",
        "drains   1",
        "held     account pause",
        "",
    ]


@pytest.mark.parametrize("width", [20, 44, 80])
def test_wide_shows_every_column_and_each_row_on_a_line(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = draw(width, monkeypatch, blocks=True, wide=True)

    assert lines[0].split() == [column.title for column in COLUMNS]
    assert [line.split() for line in lines[2:]] == [
        ["mms-bulk@main", "1,234,567", "100", "24"],
        ["mms-finance@main", "7", "0.5", "1", "account", "pause"],
    ]


def test_a_page_that_leaves_out_more_columns_has_titles_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    terminal = Terminal()
    short, long = ["k1", "7", "1", "1", ""], ["mms-finance-of-a-long-name@main", "7", "1", "1", ""]
    print_table(terminal, COLUMNS, [short] * 500 + [long])

    titles = [line.split() for line in BOLD.sub("", terminal.getvalue()).splitlines() if "lane" in line]
    assert titles == [["lane", "waiting", "rate/s", "drains", "held"], ["lane", "waiting", "held"]]


def test_a_terminal_without_blocks_still_shows_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = " ".join(draw(20, monkeypatch))
    assert "mms-finance@main" in drawn
    assert "1,234,567" in drawn


def test_a_dumb_terminal_is_as_wide_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = [Column(f"column-{number:02}") for number in range(10)]
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()
    print_table(terminal, wide, [["x"] * 10])

    assert BOLD.sub("", terminal.getvalue()).split("\n")[0].split() == [column.title for column in wide]


def test_a_pipe_gets_every_column_whatever_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    pipe = io.StringIO()
    print_table(pipe, COLUMNS, ROWS, blocks=True)

    assert pipe.getvalue().splitlines()[0].split() == ["lane", "waiting", "rate/s", "drains", "held"]


def test_a_pipe_gets_columns_below_each_other_in_korean_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    pipe = io.StringIO()
    columns = (Column("label"), Column("성공", right=True), Column("state"))
    print_table(pipe, columns, [["봄맞이 세일", "1,234", "done"], ["x", "1", "paused"]])
    lines = pipe.getvalue().splitlines()
    assert {
        width_of(line[: line.index(last)])
        for line, last in zip(lines, ("state", "done", "paused"), strict=True)
    } == {len("label") + 6 + 2 + len("1,234") + 2}
