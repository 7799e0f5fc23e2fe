from __future__ import annotations

import io
import os
import pty
import termios
from typing import TYPE_CHECKING

import pytest

from plexsend.terminal.wrapping import terminal_width, width_of, wrap, wrap_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """A stream into a terminal of no known size, as a new one has."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


def test_lines_break_at_words_and_are_indented_as_far_as_the_first() -> None:
    assert list(wrap("one two three four five six", 20, lead="")) == ["one two three four", "five six"]
    assert list(wrap("one two three four five", 24, lead="  1 ")) == ["  1 one two three four", "    five"]


def test_a_korean_character_takes_two_columns() -> None:
    assert width_of("가a") == 3
    assert list(wrap("가가가가가 가가가가", 18)) == ["가가가가가", "가가가가"]
    assert list(wrap("가가가가 가가가가", 19)) == ["가가가가 가가가가"]


def test_a_word_that_is_too_long_stays_whole() -> None:
    assert list(wrap("a " + "b" * 30 + " c", 20)) == ["a", "b" * 30, "c"]


def test_a_lead_that_leaves_no_room_has_a_line_of_its_own() -> None:
    assert list(wrap("what it does", 30, lead="  a/very/long/command  ")) == [
        "  a/very/long/command",
        "      what it does",
    ]


def test_no_words_are_one_line() -> None:
    assert list(wrap("", 80)) == [""]
    assert list(wrap("", 80, lead="x")) == ["x"]


def test_a_command_in_backticks_is_one_word_with_its_punctuation() -> None:
    text = "Start one with `plexsend worker`, or (`plexsend up`)."
    assert list(wrap(text, 24)) == ["Start one with", "`plexsend worker`, or", "(`plexsend up`)."]


def test_a_backtick_alone_is_a_character_like_others() -> None:
    assert list(wrap("one ` two three four five six", 20)) == ["one ` two three four", "five six"]


def test_a_line_that_fits_stays_as_it_is() -> None:
    assert wrap_lines("a  b\n  c   d", 20) == "a  b\n  c   d"


def test_lines_that_are_too_wide_are_broken_each_for_itself() -> None:
    text = "settings are wrong:\n  NAME: is missing. Set it to something\n  - a cause of many words here"
    assert wrap_lines(text, 24).split("\n") == [
        "settings are wrong:",
        "  NAME: is missing. Set",
        "    it to something",
        "  - a cause of many",
        "    words here",
    ]


def test_a_line_of_spaces_before_a_long_word_is_not_empty() -> None:
    assert wrap_lines("  " + "x" * 30, 10) == "  " + "x" * 30


@pytest.mark.parametrize(("columns", "width"), [("132", 132), ("", 80), ("0", 80), ("wide", 80)])
def test_columns_counts_more_than_what_the_terminal_says(
    columns: str, width: int, terminal: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal_width(terminal) == width


def test_a_terminal_says_how_wide_it_is(terminal: TextIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    termios.tcsetwinsize(terminal.fileno(), (24, 61))
    assert terminal_width(terminal) == 61
    assert terminal_width(io.StringIO()) == 80
