"""The embedded Valkey is set up as deploy/valkey.conf asks for."""

from __future__ import annotations

import shlex
from pathlib import Path

from plexsend.outbox.redis.requirements import SLOW_LOGS
from plexsend.stack import programs
from plexsend.stack.folder import DataFolder

CONF = Path(__file__).parents[3] / "deploy" / "valkey.conf"


def test_the_settings_are_those_of_the_deployment() -> None:
    lines = (shlex.split(line, comments=True) for line in CONF.read_text().splitlines())
    assert {name: " ".join(values) for name, *values in filter(None, lines)} == dict(programs.VALKEY_SETTINGS)


def test_password_is_on_no_command_line(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    command = programs.valkey(folder, {}, port=1, durable=False).command
    assert command[1] == str(folder.valkey_login)
    assert "--requirepass" not in command


def test_no_log_of_the_server_keeps_commands(tmp_path: Path) -> None:
    command = programs.valkey(DataFolder(tmp_path), {}, port=1, durable=False).command
    for name in SLOW_LOGS:
        assert command[command.index(f"--{name}") + 1] == "-1"


def test_durable_flushes_each_change(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for durable, flushes in ((True, "always"), (False, "everysec")):
        command = programs.valkey(folder, {}, port=1, durable=durable).command
        assert command[command.index("--appendfsync") + 1] == flushes


def test_every_program_holds_the_folders_lock_for_as_long_as_it_runs(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        for program in (
            programs.valkey(folder, {}, port=1, durable=False),
            programs.sandbox(folder, {}, port=0),
            programs.receipts(folder, {}, host="127.0.0.1", port=0),
            programs.worker(folder, {}, 1),
        ):
            assert program.keeps_open == (folder.lock,)


def test_receipts_are_taken_where_it_is_asked_for(tmp_path: Path) -> None:
    command = programs.receipts(DataFolder(tmp_path), {}, host="10.0.0.7", port=8080).command
    assert command[-7:] == ("serve", "receipts", "--host", "10.0.0.7", "--port", "8080", "--json")


def test_a_worker_runs_where_no_callers_module_can_come_first(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    program = programs.worker(folder, {}, 2)

    assert program.folder == tmp_path / "data"
    assert "-P" in program.command
    assert program.name == "worker 2"
