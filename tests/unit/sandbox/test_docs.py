"""docs/sandbox.md against the tables in the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from plexsend.sandbox import KINDS, MAGIC, Behaviour
from plexsend.sandbox.__main__ import build_parser
from plexsend.sandbox.admin import PREFIX, ROUTES

TEXT = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
RECEIVER = re.compile(r"^01(0[2-9]\d{7}|[16789]\d{7,8})$")


def list_rows(heading: str) -> list[list[str]]:
    """Return the rows of the table whose first column has this heading, without code marks."""
    [table] = re.findall(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    return [
        [cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in table.splitlines()
    ]


def test_magic_numbers() -> None:
    assert list_rows("receiver") == [[magic.receiver, magic.meaning] for magic in MAGIC.values()]


@pytest.mark.parametrize("receiver", MAGIC)
def test_magic_number_has_the_form_of_a_mobile_number(receiver: str) -> None:
    assert RECEIVER.match(receiver)


def test_faults() -> None:
    rows = [
        [
            kind.name,
            kind.meaning.replace("`", ""),
            ", ".join(f"{n} {json.dumps(v)}" for n, v in kind.params.items()) or "–",
        ]
        for kind in KINDS.values()
    ]
    assert list_rows("kind") == rows


def test_switches() -> None:
    documented = {row[0]: json.loads(row[1]) for row in list_rows("switch")}
    assert documented == Behaviour().to_json()


def test_routes() -> None:
    assert [row[0] for row in list_rows("route")] == [f"{method} {PREFIX}{path}" for method, path in ROUTES]


def test_options() -> None:
    actions = build_parser()._actions
    options = [action.option_strings[-1] for action in actions if "--help" not in action.option_strings]
    assert [row[0] for row in list_rows("option")] == options
