"""docs/archive.md: its commands run, its units are units, and it names every field of a line."""

from __future__ import annotations

import configparser
import re
import shlex
from typing import TYPE_CHECKING, Any

from plexsend.cli.commands.archive import archive
from plexsend.outbox.batches import Outcome
from plexsend.outbox.states import FINAL
from tests.pages import Page
from tests.unit.archive.made_up import line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = Page.of("docs/archive.md")
FOLDER = "/var/lib/plexsend/archive"


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


def test_units_and_cron_run_a_command_that_is_one() -> None:
    units = [block for block in PAGE.blocks("ini") if "[Service]" in block or "[Timer]" in block]
    assert len(units) == 2
    parsers = [configparser.ConfigParser(interpolation=None) for _ in units]
    for parser, text in zip(parsers, units, strict=True):
        parser.read_string(text)
    (cron,) = PAGE.blocks("cron")
    given = [parsers[0]["Service"]["ExecStart"], cron.partition("; ")[2].partition(" >")[0]]
    for command in given:
        program, name, *words = shlex.split(command)
        assert (program, name) == ("/opt/plexsend/.venv/bin/plexsend", "archive")
        assert str(archive.make_context("archive", [*words, "--follow"]).params["folder"]) == FOLDER
    assert parsers[1]["Timer"]["Persistent"] == "true"


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
