"""Counts in words, and that every screen asks for them here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plexsend.terminal.plurals import counted

ROOT = Path(__file__).parents[3]
NOUNS = (
    "messages|records|entries|results|lines|dead letters|breaks|rows|requests|processes|workers|calls|months"
)
BY_HAND = re.compile(rf"\{{[^{{}}]*(?::,|len\([a-z_.]+\)|count)\}} (?:{NOUNS})\b")


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 messages"), (1, "1 message"), (2, "2 messages"), (2_721, "2,721 messages")]
)
def test_one_is_one(count: int, shown: str) -> None:
    assert counted(count, "message") == shown


def test_several_may_have_a_word_of_their_own() -> None:
    assert counted(1, "entry", "entries") == "1 entry"
    assert counted(3, "entry", "entries") == "3 entries"


def test_no_screen_puts_a_noun_for_several_behind_a_count_by_hand() -> None:
    rooms = ("cli", "outbox", "archive", "demo", "stack", "terminal")
    files = [path for room in rooms for path in (ROOT / "plexsend" / room).rglob("*.py")]
    found = [
        f"{path.name}: {line.strip()}"
        for path in files
        for line in path.read_text().splitlines()
        if BY_HAND.search(line)
    ]

    assert len(files) > 150
    assert found == []
