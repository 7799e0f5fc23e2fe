"""What is printed, where, and how safely."""

from __future__ import annotations

import io
import json
import re

import pytest

from plexsend.errors import Problem
from plexsend.terminal.faults import Fault
from plexsend.terminal.meter import meter
from plexsend.terminal.printable import printable
from plexsend.terminal.screen import Screen
from plexsend.terminal.tables import Column, print_table

COLUMNS = (Column("msg_key", style="bold"), Column("count", right=True), Column("said", folds=True))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_programs_get_objects_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=True)
    screen.say("words for people")
    screen.table(COLUMNS, [["k", "1", "x"]])
    screen.facts({"said": "성공"})

    captured = capsys.readouterr()
    assert [json.loads(line) for line in captured.out.splitlines()] == [{"said": "성공"}]
    assert captured.err == ""


def test_people_get_words_and_no_objects(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=False)
    screen.say("words")
    screen.facts({"msg_key": "k"})

    assert capsys.readouterr().out == "words\n"


def test_warnings_and_errors_go_to_stderr_in_either_form(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json in (False, True):
        screen = Screen(as_json=as_json)
        screen.warn(Problem("PLEXSEND_X", "is unknown", "Remove it."))
        screen.complain(Fault("file", "no such file", (Problem("line 3", "is odd", ""),), hint="Look at it."))

    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[:4] == [
        "warning: PLEXSEND_X: is unknown. Remove it.",
        "plexsend: no such file",
        "  line 3: is odd",
        "Look at it.",
    ]
    assert json.loads(lines[4])["warning"]["field"] == "PLEXSEND_X"
    assert json.loads(lines[5])["error"]["problems"] == [
        {"field": "line 3", "reason": "is odd", "remedy": ""}
    ]


def test_json_stays_valid_where_the_stream_cannot_hold_korean(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    monkeypatch.setattr("sys.stdout", stream)
    Screen(as_json=True).facts({"said": "성공 😀"})
    stream.flush()

    assert json.loads(raw.getvalue()) == {"said": "성공 😀"}


def test_control_characters_never_reach_a_terminal() -> None:
    assert printable("a\x1b[31mb\rc\nd\u202e") == "a [31mb c\nd "


def test_a_table_into_a_pipe_is_plain_and_whole() -> None:
    pipe = io.StringIO()
    key = "k" * 128
    print_table(pipe, COLUMNS, [[key, "7", "[red]two\nlines\x1b[0m " + "x" * 300]])

    heading, row = pipe.getvalue().splitlines()
    assert heading.split() == ["msg_key", "count", "said"]
    assert row == f"{key}      7  [red]two lines [0m " + "x" * 300


def test_a_long_table_is_measured_in_pages_and_has_one_heading() -> None:
    pipe = io.StringIO()
    print_table(pipe, COLUMNS, ([f"k{n}", str(n), ""] for n in range(1234)))

    lines = pipe.getvalue().splitlines()
    assert len(lines) == 1235
    assert sum(line.startswith("msg_key") for line in lines) == 1


@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_a_key_stays_whole_on_a_terminal_of_any_width(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    keys = [f"{'k' * 100}-{n}" for n in range(3)]
    words = "the gateway said a great deal " * 10
    print_table(terminal, COLUMNS, [[key, "7", f"[bold]{words}"] for key in keys])

    drawn = terminal.getvalue()
    assert all(key in drawn for key in keys)
    assert "…" not in drawn
    assert "\x1b[1m" in drawn
    assert "[bold]" in drawn


def test_columns_without_room_are_named_with_what_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    out, err = Terminal(), io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    columns = (Column("msg_key"), Column("submitted", leave_out=1))

    Screen(as_json=False).table(columns, [["k" * 12, "2026-01-01"]])
    assert err.getvalue() == "No room for: submitted. --wide shows all columns.\n"
    Screen(as_json=False).table(columns, [["k" * 12, "2026-01-01"]], wide=True)
    assert err.getvalue().count("\n") == 1


def test_no_color_is_honoured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    Screen(as_json=False).warn(Problem("x", "y", "z"))

    assert terminal.getvalue() == "warning: x: y. z\n"


def test_a_warning_is_coloured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    Screen(as_json=False).warn(Problem("x", "y", "z"))

    assert "\x1b[33m" in terminal.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_meter_is_silent_unless_people_watch(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001 - pytest names it
    with meter(Screen(as_json=as_json), "import", "rows") as report:
        report(1, 2)

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_meter_on_a_terminal_shows_count_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with meter(Screen(as_json=False), "import", "rows") as report:
        report(50, 100, count=5000, words="4,990 added")
        report(100, 100, count=10_000, words="9,980 added")

    assert "10,000 rows" in terminal.getvalue()
    assert "9,980 added" in terminal.getvalue()


REMEDY = "Correct the secret in the file, and then type `plexsend resume main --json` in another terminal."


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_a_remedy_can_be_copied_from_a_terminal(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    screen = Screen(as_json=False)
    screen.complain(Fault("file", REMEDY, (Problem("line 3", "is odd", REMEDY),), hint=REMEDY))
    screen.warn(Problem("PLEXSEND_X", "is unknown", REMEDY))
    screen.note(REMEDY)

    shown = re.sub(r"\x1b\[[0-9]*m", "", terminal.getvalue())
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 60
    assert sum("`plexsend resume main --json`" in line for line in lines) == 5
    words = " ".join(shown.split())
    assert words.count(REMEDY) == 5


def test_in_a_pipe_a_remedy_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen(as_json=False)
    screen.note(REMEDY)
    screen.say(f"  - {REMEDY}", wraps=True)

    captured = capsys.readouterr()
    assert (captured.err, captured.out) == (f"{REMEDY}\n", f"  - {REMEDY}\n")


def test_only_a_line_that_may_wrap_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    screen = Screen(as_json=False)
    screen.say(f"  export {REMEDY}")
    assert terminal.getvalue() == f"  export {REMEDY}\n"

    screen.say(f"  - {REMEDY}", wraps=True)
    assert max(map(len, terminal.getvalue().splitlines()[1:])) <= 60
