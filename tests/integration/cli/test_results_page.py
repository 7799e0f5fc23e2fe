"""docs/results.md: its commands run, and it names all reasons for which something is missing."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.cli.proving import WHY
from plexsend.outbox.batches import Outcome
from tests.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Page.of("docs/results.md")
COMMANDS = [line for line in PAGE.commands() if line.startswith("plexsend ")]


def test_the_page_shows_every_command_of_results() -> None:
    told = {" ".join(line.split()[1:3]) for line in COMMANDS}
    assert told == {"results list", "results read", "results replay", "results drop", "audit --results"}


@pytest.mark.parametrize("line", COMMANDS)
def test_command_of_the_page_runs(line: str, run: Callable[..., Any], yard: Any) -> None:
    assert run("results", "read", "billing").code == 0
    yard.end(Outcome.ACCEPTED, "k1")
    ended = run(*shlex.split(line)[1:])
    assert ended.code == 0, ended.err


def test_the_page_names_every_reason() -> None:
    assert [why for why in (*WHY, "back") if f"`{why}`" not in PAGE.text] == []
