"""The command line with which a command goes on as a Celery process."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from plexsend.cli.app import app
from plexsend.cli.becoming import command_line


def test_it_is_celery_with_plexsends_application_and_nothing_of_the_folder() -> None:
    line = command_line("worker", [], [])

    assert line[:5] == [sys.executable, "-P", "-m", "plexsend.worker", "worker"]


def test_every_process_has_a_name_of_its_own() -> None:
    first, second = (command_line("worker", [], []) for _ in range(2))

    name = first[first.index("-n") + 1]
    assert name.startswith("plexsend-")
    assert name.endswith("@%h")
    assert name not in second


def test_what_the_operator_gives_comes_last_and_so_counts() -> None:
    given = ["-n", "mine@%h", "--loglevel=debug", "-Q", "mms-finance"]

    line = command_line("beat", ["--scheduler", "ours"], given)

    assert line[-len(given) :] == given
    assert line.index("--loglevel") < line.index("--scheduler") < line.index("--loglevel=debug")


@pytest.mark.parametrize("kind", ["worker", "beat"])
@pytest.mark.parametrize("words", [["-A", "other"], ["--app", "other"], ["--app=other"], ["-E", "-A=o"]])
def test_another_application_is_refused(kind: str, words: list[str]) -> None:
    ended = CliRunner().invoke(app, [kind, *words])

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"`plexsend {kind}` runs plexsend's own Celery application: leave -A out." in ended.stderr


def test_without_celery_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # So Python marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "celery", None)

    ended = CliRunner().invoke(app, ["worker"])

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "pip install 'plexsend[worker]'" in ended.stderr
