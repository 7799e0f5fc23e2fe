from __future__ import annotations

from plexsend.terminal.wrapping import width_of, wrap


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
