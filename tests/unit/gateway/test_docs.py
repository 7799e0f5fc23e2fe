"""docs/mms.md is held to the code: its examples are loaded, its tables compared."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from plexsend.errors import InvalidItem
from plexsend.gateway.euckr import REPLACEMENTS
from plexsend.gateway.items import get_loader
from plexsend.gateway.schemas.mms import MmsSchema

PAGE = Path(__file__).parents[3].joinpath("docs", "mms.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (json.loads(text), following[1].splitlines() if following[0] == "text" else [])
    for (kind, text), following in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True)
    if kind == "json"
]


def test_page_has_examples_of_both_kinds() -> None:
    assert [bool(errors) for _, errors in EXAMPLES] == [False, False, True]


@pytest.mark.parametrize(("fields", "errors"), EXAMPLES)
def test_example_loads_or_is_refused_in_the_words_that_stand_below_it(
    fields: dict[str, object], errors: list[str]
) -> None:
    told: list[str] = []
    try:
        item = get_loader("mms-bulk").load(fields, default_key="a-default")
    except InvalidItem as invalid:
        told = [str(problem) for problem in invalid.problems]
    else:
        assert item.warnings == ()
    assert told == errors


def test_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = [text for kind, text in BLOCKS if kind == "python"]
    exec(code, {"fields": EXAMPLES[1][0]})  # noqa: S102 - the page's own example
    assert capsys.readouterr().out == "made-up-key () ()\n"


def test_table_names_every_field() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", PAGE, re.MULTILINE)
    fields = MmsSchema().fields
    # msg_key is required of a stored item, but plexsend assigns one where the caller gives none.
    required = {
        name: "yes" if field.required and name != "msg_key" else "no" for name, field in fields.items()
    }
    assert dict(rows) == required


def test_table_names_every_replacement() -> None:
    rows = re.findall(r"^\| (U\+[^|]+) \| [^|]* \| ([^|]+) \|$", PAGE, re.MULTILINE)
    words = {"a space": " ", "nothing": ""}
    listed = {
        chr(int(code_point, 16)): words.get(written, written)
        for characters, written in rows
        for code_point in re.findall(r"U\+([0-9A-F]{4})", characters)
    }
    assert listed == REPLACEMENTS
