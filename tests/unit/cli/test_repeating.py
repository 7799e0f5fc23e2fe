"""Options given more than once: what takes one value takes one, in every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from plexsend.cli.app import app
from plexsend.cli.entries import ENTRIES
from plexsend.cli.repeating import refuse_repeated
from plexsend.sandbox.__main__ import build_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

SEND = ("send", "mms-bulk", "--to", "010-2345-6789", "--from", "1588-1234", "--text", "hello")


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that name it, those inside groups of commands too."""
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((each.name,), each.load()) for each in ENTRIES]
    while waiting:
        words, command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += [((*words, name), inner) for name, inner in command.commands.items()]
        else:
            yield words, command


OPTIONS = [
    (words, option.opts[-1], option.multiple)
    for words, command in commands()
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag
]


def test_options_of_all_commands_are_found() -> None:
    named = {(" ".join(words), option) for words, option, _ in OPTIONS}
    assert {("send", "--text"), ("policy set", "--reason"), ("uncertain settle", "--account")} & named
    assert len(OPTIONS) > 50


@pytest.mark.parametrize(("words", "option", "multiple"), OPTIONS)
def test_an_option_that_takes_one_value_is_given_once(
    words: tuple[str, ...], option: str, *, multiple: bool
) -> None:
    # Nothing that the commands need is given, so none of them does anything.
    ended = CliRunner().invoke(app, [*words, f"{option}=x", option, "y"])
    assert ended.exit_code == 2
    assert (f"{option} is given 2 times and takes one value. Give it once." in ended.stderr) is not multiple


@pytest.mark.parametrize(
    "more", [("--text", "hello"), ("--text=other",), ("--json", "--account", "main", "--account", "main")]
)
def test_the_same_value_again_is_refused_too(more: tuple[str, ...]) -> None:
    ended = CliRunner().invoke(app, [*SEND, *more])
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "is given 2 times" in ended.stderr


def test_a_flag_may_be_given_twice() -> None:
    ended = CliRunner().invoke(
        app, ["check", "no-such-file.csv", "--service", "mms-bulk", "--json", "--json"]
    )
    assert ended.exit_code == 1


def test_what_is_behind_two_hyphens_is_no_option() -> None:
    ended = CliRunner().invoke(
        app, ["status", "--account", "main", "--", "--account"], env={"PLEXSEND_REDIS_URL": "x"}
    )
    assert "is given" not in ended.stderr


def test_celery_judges_its_own_options() -> None:
    (worker,) = [command for words, command in commands() if words == ("worker",)]
    refuse_repeated(worker, "worker", ["-c", "1", "-c", "2"], click.Context(app))


def test_the_sandbox_as_a_module_takes_one_value_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(["--port", "0", "--port", "1"])
    assert ended.value.code == 2
    assert "--port is given twice and takes one value" in capsys.readouterr().err
    given = build_parser().parse_args(["--port", "8080", "--account", "a;b", "--account", "c;d", "--verbose"])
    assert (given.port, given.account, given.verbose) == (8080, ["a;b", "c;d"], True)
