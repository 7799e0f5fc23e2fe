"""What is wrong with a file that is not TOML is said with its place, in words, and without its text."""

from __future__ import annotations

import tomllib

import pytest

from plexsend.campaigns.definitions.toml_words import toml_problem

MISTAKES = {
    'name = "x"\ntitle = “봄”': ("line 2, column 9", "is not a value", "straight quotes"),
    'name = "x"\nservice = lms-bulk': ("line 2, column 11", "is not a value", "straight quotes"),
    'title = "secret\ntext = "x"': ("line 1, column 16", "quotes are not closed", "straight quotes"),
    'title = "secret': ("line 1 or before", "quotes are not closed", "straight quotes"),
    "title = 'secret": ("line 1 or before", "quotes are not closed", "straight quotes"),
    'name = "x"\nname = "y"\n': ("line 2, column 11", "twice", "Leave one"),
    'recipients = "C:\\list.xlsx"': ("line 1, column 19", "of its own", "C:/list.xlsx"),
    "[mapping\na = 1": ("line 1, column 9", "bracket is not closed", "[mapping]"),
    "[mapping]\n[mapping]": ("line 2, column 9", "table is there twice", "below one"),
    '쿠폰 = "쿠폰 번호"': ("line 1, column 1", "begin with a key", '"쿠폰" ='),
    "name x": ("line 1, column 6", "not a =", "key = value"),
    "send_at = 2026-12-01 25:00": ("line 1, column 22", "more behind the value", "2026-12-01T10:00"),
    "fallback = { a = 1": ("line 1 or before", "brackets are not closed", "Close them"),
    "a = 0xZZ_": ("line 1, column 6", "more behind the value", "straight quotes"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_has_its_place_a_reason_and_a_remedy(text: str) -> None:
    place, reason, remedy = MISTAKES[text]
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    found = toml_problem(caught.value, text)
    assert (found.field, reason in found.reason, remedy in found.remedy) == (place, True, True), found
    assert "secret" not in str(found)


def test_what_is_not_known_has_its_place_all_the_same() -> None:
    found = toml_problem(tomllib.TOMLDecodeError("Something new (at line 7, column 3)"), "")
    assert (found.field, "docs/campaigns.md" in found.remedy) == ("line 7, column 3", True)
