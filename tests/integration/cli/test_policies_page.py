"""docs/policies.md: its commands do what it shows, and its table is that of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.policies.tables import markdown_table

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[3] / "docs" / "policies.md"
TABLE = re.compile(r"<!-- policies:begin -->\n(.*)<!-- policies:end -->", re.DOTALL)


def test_every_command_of_the_page_answers_as_it_shows(run: Callable[..., Any]) -> None:
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    commands = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE) if part]
    assert len(commands) > 5
    for command in commands:
        typed, _, shown = command.partition("\n")
        program, *args = shlex.split(typed)
        ended = run(*args)
        assert (program, ended.code) == ("plexsend", 0), ended.err
        if shown:
            assert ended.out == shown


def test_table_of_the_page_is_that_of_the_code() -> None:
    found = TABLE.search(PAGE.read_text("utf-8"))
    assert found
    assert found[1].strip() == markdown_table(), (
        "write it anew: python -c 'from plexsend.outbox.policies.tables import markdown_table; "
        "print(markdown_table())', between the marks of docs/policies.md"
    )


def test_every_policy_has_a_default_that_it_accepts_and_a_sentence() -> None:
    for name, row in ROWS.items():
        assert row.tidy(row.default) == row.default, name
        assert row.meaning.endswith(".")
