"""README.ko.md says what README.md says: the same sections, commands, settings and pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
ENGLISH, KOREAN = (ROOT.joinpath(name).read_text("utf-8") for name in ("README.md", "README.ko.md"))


def _blocks(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _prose(text: str) -> str:
    return re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def sections(text: str) -> list[str]:
    """Return the level of each heading, in their order."""
    return re.findall(
        r"^(#+) ", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )


def commands(text: str) -> list[str]:
    """Return what can be typed, without the remarks behind it."""
    blocks = [block for kind, block in _blocks(text) if not kind]
    lines = [re.split(r"\s{2,}", line)[0] for block in blocks for line in block.splitlines()]
    return [
        line
        for line in lines
        if re.match(r"(plexsend|make|pip|celery|export|eval|_PLEXSEND_COMPLETE)\b", line)
    ]


def examples(text: str) -> list[str]:
    """Return the programs and the output that is shown."""
    return [block for kind, block in _blocks(text) if kind]


def tables(text: str) -> list[list[str]]:
    """Return of each row of each table its cells."""
    rows = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def settings(text: str) -> list[list[str]]:
    """Return the names and fixed defaults of the settings."""
    block = text.partition("<!-- settings:begin -->")[2].partition("<!-- settings:end -->")[0]
    return [re.findall(r"`([^`]+)`", row[0] + row[1]) for row in tables(block)]


def quoted(text: str) -> set[str]:
    """Return every word in backticks, outside blocks."""
    return set(re.findall(r"`([^`\n]+)`", _prose(text)))


def pages(text: str) -> list[str]:
    """Return the pages that are linked, in whichever language, but for the other README."""
    links = [link.replace("docs/ko/", "docs/") for link in re.findall(r"\]\(([^)]+)\)", text)]
    return sorted(link for link in links if not link.startswith("README"))


@pytest.mark.parametrize("part", [sections, commands, examples, settings, quoted, pages])
def test_the_korean_readme_has_what_the_english_one_has(part: Callable[[str], object]) -> None:
    assert part(ENGLISH)
    assert part(KOREAN) == part(ENGLISH)


def test_the_tables_have_the_same_rows() -> None:
    assert [len(row) for row in tables(KOREAN)] == [len(row) for row in tables(ENGLISH)]


def test_each_names_the_other() -> None:
    assert "(README.ko.md)" in ENGLISH
    assert "(README.md)" in KOREAN


def test_the_korean_one_is_in_korean() -> None:
    # Names of files are the same in each language.
    prose = re.sub(r"`[^`]*`|\([^)]*\)|\[[\w./]+\.md\]", "", _prose(KOREAN))
    hangul, latin = (len(re.findall(letters, prose)) for letters in ("[가-힣]", "[A-Za-z]"))
    assert hangul > 3 * latin


def test_korean_pages_have_one_word_for_a_receipt() -> None:
    pages = [ROOT / "README.ko.md", *ROOT.joinpath("docs").glob("*.ko.md")]
    others = re.compile(r"수신 결과|전달 결과|수신결과|전달결과|결과통보")
    assert len(pages) > 3
    assert [(page.name, others.findall(page.read_text("utf-8"))) for page in pages] == [
        (page.name, []) for page in pages
    ]
