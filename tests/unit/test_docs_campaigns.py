"""docs/campaigns.md and its Korean: every key of a definition, and definitions that are right."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.campaigns.definitions.definition import Definition, define, read_definition
from plexsend.campaigns.definitions.keys import KEYS
from plexsend.campaigns.recipients.columns import Heading
from plexsend.campaigns.recipients.sources import MOST_RATIO
from plexsend.campaigns.recipients.spreadsheets import MOST_BYTES
from tests.pages import Page

if TYPE_CHECKING:
    from pathlib import Path

PAGES = ["docs/campaigns.md", "docs/ko/campaigns.md"]
DEFAULTS = {each.name: each.default for each in dataclasses.fields(Definition)}
NOT_SAID = {"needed", "none", "found", "the first", "필수", "없음", "자동", "첫 시트"}


def rows(page: str) -> dict[str, str]:
    """Return the rows of the table of keys: a key and its default."""
    return dict(re.findall(r"^\| `(\w+)` \| (?:`([^`|]+)`|[^`|]+) \| [^|]+ \|$", table(page), re.MULTILINE))


def table(page: str) -> str:
    """Return the lines of the table of keys."""
    text = Page.of(page).text
    begins = text.index("\n| `name` |")
    return text[begins : text.index("\n\n", begins + 1)]


@pytest.mark.parametrize("page", PAGES)
def test_every_key_has_its_row_with_its_default(page: str) -> None:
    found = rows(page)
    assert list(found) == list(KEYS)
    for name, shown in found.items():
        default = DEFAULTS[KEYS[name].attribute]
        if shown:
            value: Any = tomllib.loads(f"a = {shown}")["a"]
            assert (tuple(value) if isinstance(value, list) else value) == default, name
        else:
            assert default in (None, dataclasses.MISSING), name


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_a_default_is_said_in_a_known_word(page: str) -> None:
    words = re.findall(r"^\| `\w+` \| ([^`|]+) \| [^|]+ \|$", table(page), re.MULTILINE)
    assert {*words} <= NOT_SAID


@pytest.mark.parametrize("page", PAGES)
def test_definitions_of_the_page_are_right(page: str, tmp_path: Path) -> None:
    (tmp_path / "customers.xlsx").touch()
    blocks = Page.of(page).blocks("toml")
    assert len(blocks) >= 2
    for block in blocks:
        path = tmp_path / "a.toml"
        path.write_text(block, encoding="utf-8")
        assert read_definition(path).text


def test_both_pages_show_the_same() -> None:
    english, korean = map(Page.of, PAGES)
    assert english.blocks("toml") == korean.blocks("toml")
    assert english.commands() == korean.commands()


@pytest.mark.parametrize("page", PAGES)
def test_columns_that_are_found_by_their_names_are(page: str) -> None:
    text = Page.of(page).text
    (receivers,) = re.findall(r"\((`receiver_number`[^)]+)\)", text)
    for name in re.findall(r"`(\S+?)`", receivers):
        assert Heading([name]).receivers() == [0], name
    for key, find in (("night_consent", Heading.night_consents), ("ad_consent_at", Heading.consents)):
        (row,) = re.findall(rf"^\| `{key}` \| ([^|]+) \|", text, re.MULTILINE)
        for name in (key, *re.findall(r"`(\S+?)`", row)):
            assert find(Heading([name])) == [0], name


@pytest.mark.parametrize("page", PAGES)
def test_limits_are_those_of_the_code(page: str) -> None:
    text = Page.of(page).text
    assert f"{MOST_BYTES // 1_000_000} MB" in text
    assert re.search(rf"{MOST_RATIO} ?(times|배)", text)


def test_a_definition_without_a_start_has_none() -> None:
    made = define(name="a", service="lms-bulk", text="가")
    assert (made.send_at_ms, made.cron) == (None, None)
