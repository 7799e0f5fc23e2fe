"""Each link of a page to a file here, and to a heading of a page, leads somewhere."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(page for folder in ("bench", "deploy", "docs") for page in ROOT.glob(f"{folder}/**/*.md")),
    ]
)
_BLOCK = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
_KEPT = ("L", "N", "Mn", "Mc", "Pc")
"""Categories of characters that GitHub keeps in an anchor: letters of every script among them."""


def anchor(heading: str) -> str:
    """Return what GitHub makes of a heading: lower case, hyphens for spaces, no other punctuation."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    kept = (c for c in words if c in "- " or unicodedata.category(c).startswith(_KEPT))
    return "".join(kept).replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page; the second heading of the same words gets a number."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} +(.*)$", _BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE):
        name = anchor(heading)
        again = found.get(name, 0)
        found[name] = again + 1
        if again:
            found[f"{name}-{again}"] = 1
    return frozenset(found)


def links(text: str) -> list[str]:
    """Return the links of a page that lead to this project."""
    prose = re.sub(r"`[^`\n]+`", "", _BLOCK.sub("", text))
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if not re.match(r"[a-z]+:", link)]


def broken(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead nowhere."""
    found = []
    for link in links(text):
        file, _, heading = link.partition("#")
        there = Path(os.path.normpath(page.parent / file)) if file else page
        if not there.exists() or (heading and heading not in anchors(there)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page: Path) -> None:
    assert not broken(page, page.read_text("utf-8"))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("5. A new version", "5-a-new-version"),
        ("`plexsend top`", "plexsend-top"),
        ("Notices: PLEXSEND_NOTIFY_URL", "notices-plexsend_notify_url"),
        ("G150 뒤의 충전", "g150-뒤의-충전"),
        ("가격, 그리고 [정책](policies.md)", "가격-그리고-정책"),
    ],
)
def test_an_anchor_is_made_as_github_makes_it(heading: str, name: str) -> None:
    assert anchor(heading) == name


def test_a_link_that_leads_nowhere_is_found() -> None:
    page = ROOT / "docs" / "operating.md"
    text = "[a](nowhere.md) [b](#more-workers) [c](#fewer-workers) [d](../README.md) `[e](none.md)`"
    assert broken(page, text) == ["nowhere.md", "#fewer-workers"]
