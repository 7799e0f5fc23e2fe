"""Shells complete commands and options: click has it built in, and the README says how to turn it on."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from plexsend.cli.app import app


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    result = CliRunner().invoke(app, [], prog_name="plexsend", env={"_PLEXSEND_COMPLETE": f"{shell}_source"})
    assert result.exit_code == 0
    assert f"_PLEXSEND_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.parametrize(
    ("typed", "completed"), [("plexsend unc", "uncertain"), ("plexsend import --ser", "--service")]
)
def test_what_is_typed_is_completed(typed: str, completed: str) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    result = CliRunner().invoke(
        app, [], prog_name="plexsend", env={"_PLEXSEND_COMPLETE": "bash_complete", **words}
    )
    assert result.stdout.splitlines() == [f"plain,{completed}"]
