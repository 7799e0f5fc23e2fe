"""The table of commands that a login needs is that of the scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plexsend.outbox.redis.rights import NEEDED, USEFUL
from plexsend.outbox.redis.scripts import Script, source

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("script", Script)
def test_every_command_of_a_script_is_in_the_table(script: Script) -> None:
    called = set(re.findall(r"call\(\s*'([A-Z]+)'", source(script)))
    assert called
    assert called - {*NEEDED, *USEFUL} == set()


# Those that are made of others, and those that only doctor and the check of the server ask, and do without.
NOT_COMMANDS = {
    *("close", "execute", "execute_command", "pipeline", "pubsub", "register_script"),
    *("config_get", "get_connection_kwargs", "slowlog_get"),
}
OTHERWISE_CALLED = {
    "delete": "DEL",
    "scan_iter": "SCAN",
    "hscan_iter": "HSCAN",
    "zscan_iter": "ZSCAN",
    "script_load": "SCRIPT",
}


def test_every_command_of_python_is_in_the_table() -> None:
    called: set[str] = set()
    for path in ROOT.joinpath("plexsend", "outbox").rglob("*.py"):
        text = path.read_text("utf-8")
        called.update(re.findall(r"\b(?:client|pipe)\.([a-z_]+)\(", text))
        called.update(re.findall(r"\bcalls\.add\(\(\"([A-Z]+)\"", text.replace("_calls", "calls")))
    names = {OTHERWISE_CALLED.get(name, name.upper()) for name in called - NOT_COMMANDS}
    assert len(names) >= 20
    assert {"EXISTS", "MGET", "SCAN"} <= names
    assert names - {*NEEDED, *USEFUL} == set()
