"""The group of all commands: found by name, imported late, each with a help that can be typed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import chain
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from plexsend.cli.app import app
from plexsend.cli.entries import ENTRIES, ListedCommand, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMISED = {
    Section.SEND: "send check import campaign upload",
    Section.FOLLOW: "status why top lanes groups receipts results holds fleet audit find stats archive",
    Section.STEER: "cancel reschedule pause resume policy dead uncertain suppress prune rewound",
    Section.SERVERS: "up worker beat serve sandbox",
    Section.SET_UP: "doctor health demo",
}
FIRST = frozenset(
    {
        *("demo", "up", "send", "check", "import", "status", "why", "cancel", "lanes", "holds", "pause"),
        *("resume", "dead", "uncertain", "audit", "sandbox"),
    }
)
"""The commands there were before each new one had to say what it replaces. Nothing is added here."""
CELERYS = frozenset({"worker", "beat"})
"""Commands that become Celery's own process: the options, and what is printed, are Celery's."""
TOP = click.Context(app, info_name="plexsend")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and subcommand, by what is typed after `plexsend`."""
    for entry in ENTRIES:
        command = entry.load()
        yield entry.name, command
        if isinstance(command, click.Group):
            for name, sub in command.commands.items():
                yield f"{entry.name} {name}", sub


COMMANDS = dict(commands())


def test_the_table_names_every_promised_command_in_its_section() -> None:
    told = {section: [entry.name for entry in ENTRIES if entry.section is section] for section in Section}
    promised = {section: names.split() for section, names in PROMISED.items()}
    assert told == promised, "a command is a row of ENTRIES and, here, a name in PROMISED in the same section"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_new_command_says_what_it_replaces(entry: ListedCommand) -> None:
    assert (entry.name in FIRST) != bool(entry.replaces.strip()), (
        f"the row of {entry.name!r} in ENTRIES says in `replaces=` what people no longer type since it "
        "exists, or why it replaces nothing; the commands of FIRST say nothing, and nothing is added to FIRST"
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_command_calls_itself_what_the_table_calls_it(entry: ListedCommand) -> None:
    assert entry.load().name == entry.name


@pytest.mark.parametrize("typed", COMMANDS)
def test_every_command_prints_its_help_with_an_example(typed: str) -> None:
    result = CliRunner().invoke(app, [*typed.split(), "--help"])

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: plexsend {typed}")
    assert f"  plexsend {typed}" in result.stdout
    assert "Example:" in result.stdout


@pytest.mark.parametrize(
    "typed",
    [
        name
        for name, command in COMMANDS.items()
        if not isinstance(command, click.Group) and name not in CELERYS
    ],
)
def test_every_command_can_answer_in_json(typed: str) -> None:
    assert "--json" in chain.from_iterable(option.opts for option in COMMANDS[typed].params)


def examples() -> Iterator[str]:
    for command in (app, *COMMANDS.values()):
        whole = (command.epilog or "").replace("\\\n", " ")
        yield from (line.strip() for line in whole.splitlines() if line.startswith("  plexsend"))


@pytest.mark.parametrize("line", sorted(set(examples())))
def test_an_example_is_understood_as_it_stands(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command | None = app
    ctx = TOP
    while isinstance(command, click.Group):
        name, command, words = command.resolve_command(ctx, words)
        assert command is not None
        ctx = command.make_context(
            name, list(words), parent=ctx, resilient_parsing=isinstance(command, click.Group)
        )


def test_help_lists_the_commands_with_one_line_each() -> None:
    result = CliRunner().invoke(app, ["--help"])

    assert result.exit_code == 0
    for entry in ENTRIES:
        assert re.search(rf"^  {entry.name} +{re.escape(entry.summary)}$", result.stdout, re.MULTILINE)
    headings = re.findall(r"^([A-Z][a-z ]+):$", result.stdout, re.MULTILINE)
    assert headings == ["Options", "Send", "Follow", "Steer", "Servers", "Set up"]


@pytest.mark.parametrize(
    "group", [name for name, command in COMMANDS.items() if isinstance(command, click.Group)]
)
def test_help_of_a_group_cuts_no_summary(group: str) -> None:
    told = CliRunner().invoke(app, [group, "--help"], terminal_width=78).stdout
    assert "..." not in told.partition("Commands:")[2]


def test_nothing_at_all_is_wrong_usage_and_shows_the_help() -> None:
    result = CliRunner().invoke(app, [])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Send:" in result.stderr
    assert "Servers:" in result.stderr


def test_a_slip_in_a_command_is_told_with_the_one_that_was_meant() -> None:
    result = CliRunner().invoke(app, ["lane"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "no command 'lane'. Did you mean 'lanes'?" in result.stderr


def test_the_version_is_that_of_the_distribution() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("plexsend 0.")


HEAVY = (
    "celery",
    "kombu",
    "requests",
    "marshmallow",
    "redis",
    "rich",
    "plexsend.outbox",
    "plexsend.producers",
)


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["send", "--help"],
        ["worker", "--help"],
        ["lanes", "--help"],
        ["dead", "list", "--help"],
        ["nonsense"],
    ],
)
def test_help_loads_none_of_the_heavy_libraries(args: list[str]) -> None:
    assert loaded_by(args, *HEAVY) == "[]"


def loaded_by(args: list[str], *names: str) -> str:
    """Which of these modules a command loads, where there is no Redis."""
    program = (
        "import sys\n"
        "from plexsend.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {names} if name in sys.modules], file=sys.stderr)"
    )
    nowhere = {"PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0"}
    result = subprocess.run(
        [sys.executable, "-c", program, *args],
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stderr.splitlines()[-1]


@pytest.mark.parametrize("args", [["lanes"], ["status", "k"], ["pause", "main", "--reason", "r"], ["audit"]])
def test_what_only_reads_or_steers_needs_no_celery_requests_or_schemas(args: list[str]) -> None:
    # The tables of EUC-KR take 60 ms to make, and only texts need them.
    assert (
        loaded_by(args, "celery", "kombu", "requests", "marshmallow", "rich", "plexsend.gateway.euckr")
        == "[]"
    )


def test_probe_of_a_worker_loads_little_more_than_the_client_of_redis() -> None:
    """It runs every few seconds on every host: no script is put together, no other reading is imported."""
    program = (
        "import sys\n"
        "from plexsend.cli import main\n"
        "from plexsend.outbox.redis import scripts\n"
        "scripts.source = None\n"
        "try:\n    main()\n"
        "except SystemExit as exc:\n    code = exc.code\n"
        "print(code, sorted(name for name in sys.modules if name.startswith('plexsend.outbox.reading.')))"
    )
    nowhere = {"PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "-c", program, "health", "worker"]
    ended = subprocess.run(command, env=os.environ | nowhere, capture_output=True, text=True, check=True)
    assert "not well: Redis does not answer" in ended.stderr
    assert ended.stdout.splitlines()[-1] == "1 ['plexsend.outbox.reading.liveness']"
    heavy = ("celery", "requests", "marshmallow", "rich", "structlog", "plexsend.gateway.euckr")
    assert loaded_by(["health", "worker"], *heavy) == "[]"


def test_ctrl_c_while_python_still_loads_is_quiet_too() -> None:
    program = (
        "import sys\n"
        "from plexsend.cli import main\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'plexsend.cli.app':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "main()"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")
