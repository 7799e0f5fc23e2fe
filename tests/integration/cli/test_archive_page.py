"""docs/archive.md: its commands run, its units are there, and it names every field of a line."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.cli.commands.archive import archive
from plexsend.outbox.batches import Outcome
from plexsend.outbox.states import FINAL
from tests.pages import Page
from tests.unit.archive.made_up import line

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Page.of("docs/archive.md")
FOLDER = "/var/lib/plexsend/archive"
ROOT = Path(__file__).parents[3]


def test_commands_of_the_page_run(run: Callable[..., Any], yard: Any, tmp_path: Path) -> None:
    yard.end(Outcome.ACCEPTED, "order-4711")
    commands = [each[2:] for block in PAGE.blocks("console") for each in block.splitlines()]
    assert len(commands) == 7
    for command in commands:
        words = shlex.split(command.replace(FOLDER, str(tmp_path / "archive")))[1:]
        ended = run(*words, PLEXSEND_NUMBER_KEY="k" * 32)
        # Here is nothing to be found or settled.
        nothing = {"find": "No message was found", "rewound": "Nothing is to be settled"}.get(words[0])
        assert ended.code == (1 if nothing else 0), (command, ended.err)
        assert (nothing or "") in ended.err or "--json" in words


def test_cron_runs_a_command_that_is_one_and_the_units_are_there() -> None:
    (cron,) = PAGE.blocks("cron")
    program, name, *words = shlex.split(cron.partition("; ")[2].partition(" >")[0])
    assert (program, name) == ("/opt/plexsend/.venv/bin/plexsend", "archive")
    assert str(archive.make_context("archive", words).params["folder"]) == FOLDER
    units = re.findall(r"\]\(\.\./(deploy/[^)#]+\.(?:service|timer))\)", PAGE.text)
    assert len(units) == 3
    assert all((ROOT / unit).exists() for unit in units)


def test_every_field_and_state_of_a_line_is_explained() -> None:
    (table,) = re.findall(r"\| field \| \|\n(.*?)\n\n", PAGE.text, re.DOTALL)
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == set(line("k").as_json())
    (states,) = re.findall(r"\| `state` \| (.*) \|", PAGE.text)
    assert set(re.split(r", | or ", states)) == {str(state) for state in FINAL}


def test_every_option_is_explained() -> None:
    options = {name for each in archive.params for name in each.opts if name.startswith("--")}
    (table,) = re.findall(r"\| option \| \|\n(.*?)\n\n", PAGE.text, re.DOTALL)
    assert set(re.findall(r"^\| `(--[a-z-]+)", table, re.MULTILINE)) == options
