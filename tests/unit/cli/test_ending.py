"""However a command ends, there is an exit code, one message, and no traceback."""

from __future__ import annotations

import json

import click
import pytest

from plexsend.cli.ending import Ending
from plexsend.errors import (
    FileProblem,
    InvalidItem,
    NotPossible,
    OutboxFull,
    OutboxUnavailable,
    OutboxUnsuitable,
    Problem,
    SettingsError,
    UsageError,
)

PROBLEM = Problem("title", "is too long", "Shorten it.")


def end(exc: BaseException, *args: str) -> int:
    def run() -> None:
        raise exc

    return Ending(args).guard(run)


@pytest.mark.parametrize(
    ("exc", "exit_code", "kind"),
    [
        (NotPossible("no"), 1, "refused"),
        (FileProblem("no such file"), 1, "file"),
        (InvalidItem([PROBLEM]), 1, "invalid"),
        (OutboxUnavailable("gone"), 1, "unavailable"),
        (OutboxFull("full"), 1, "full"),
        (OutboxUnsuitable("old"), 1, "unsuitable"),
        (UsageError("what?"), 2, "usage"),
        (SettingsError([PROBLEM]), 2, "settings"),
        (click.UsageError("what?"), 2, "usage"),
        (click.BadParameter("what?"), 2, "usage"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (ZeroDivisionError("a secret"), 1, "internal"),
    ],
)
def test_each_way_to_fail_has_its_exit_code(
    exc: BaseException, exit_code: int, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end(exc, "--json") == exit_code

    captured = capsys.readouterr()
    error = json.loads(captured.err)["error"]
    assert captured.out == ""
    assert (error["kind"], error["exit_code"]) == (kind, exit_code)
    assert error["message"]


def test_people_read_what_is_wrong_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    end(SettingsError([PROBLEM, Problem("msg", "is missing", "Give it.")]))

    assert capsys.readouterr().err.splitlines() == [
        "plexsend: The settings are wrong; nothing was done.",
        "  title: is too long. Shorten it.",
        "  msg: is missing. Give it.",
    ]


def test_a_mistake_of_our_own_shows_where_but_neither_text_nor_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    end(ValueError("01012345678"))

    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "test_ending.py:" in told
    assert "01012345678" not in told
    assert "Traceback" not in told


def test_the_traceback_comes_when_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        end(ZeroDivisionError(), "--traceback", "lanes")


@pytest.mark.parametrize(("returned", "exit_code"), [(None, 0), (0, 0), (1, 1), ("text", 0)])
def test_a_command_returns_its_exit_code_or_nothing(returned: object, exit_code: int) -> None:
    assert Ending([]).guard(lambda: returned) == exit_code
