"""Settings that are wrong or doubtful, and a Redis that does not answer, whatever the command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

COMMANDS = (
    (
        "send",
        "mms-bulk",
        "--to",
        "01023456789",
        "--from",
        "0234567890",
        "--text",
        "x",
        "--image",
        "https://e.com/a",
    ),
    ("status", "k1"),
    ("why", "k1"),
    ("cancel", "k1"),
    ("lanes",),
    ("holds",),
    ("pause", "mms-bulk@main", "--reason", "r"),
    ("resume", "mms-bulk@main"),
    ("dead", "list"),
    ("dead", "requeue", "--all"),
    ("dead", "drop", "--all", "--yes"),
    ("uncertain", "list"),
    ("uncertain", "settle", "k1", "failed"),
    ("audit",),
)


def name(command: tuple[str, ...]) -> str:
    return " ".join(word for word in command[:2] if word.isalpha())


@pytest.mark.parametrize("command", COMMANDS, ids=name)
def test_a_redis_that_does_not_answer_is_one_clear_error(
    command: tuple[str, ...], run: Callable[..., Any]
) -> None:
    nowhere = {"PLEXSEND_REDIS_URL": "redis://:s3cret@127.0.0.1:1/0"}

    people = run(*command, **nowhere)
    assert (people.code, people.out) == (1, "")
    assert people.err.startswith("plexsend: Redis does not answer")
    assert "PLEXSEND_REDIS_URL" in people.err
    assert "s3cret" not in people.err

    programs = run(*command, "--json", **nowhere)
    assert (programs.code, programs.out) == (1, "")
    assert programs.error["kind"] == "unavailable"


def test_an_import_without_redis_adds_nothing_and_says_so(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("{}\n")
    ended = run(
        "import", str(file), "--service", "mms-bulk", "--json", PLEXSEND_REDIS_URL="redis://127.0.0.1:1/0"
    )
    assert (ended.code, ended.out, ended.error["kind"]) == (1, "", "unavailable")


@pytest.mark.parametrize("command", COMMANDS, ids=name)
def test_wrong_settings_are_named_all_at_once(command: tuple[str, ...], run: Callable[..., Any]) -> None:
    ended = run(*command, "--json", PLEXSEND_REDIS_URL="nonsense", PLEXSEND_RECLAIM_S="1")
    assert (ended.code, ended.out) == (2, "")
    assert ended.error["kind"] == "settings"
    assert {problem["field"] for problem in ended.error["problems"]} == {
        "PLEXSEND_REDIS_URL",
        "PLEXSEND_RECLAIM_S",
    }


def test_a_setting_that_nobody_reads_is_warned_of_once(run: Callable[..., Any]) -> None:
    for command in (("lanes",), ("pause", "main", "--reason", "r")):
        ended = run(*command, PLEXSEND_RECLAIMS="60")
        assert ended.code == 0
        assert ended.err.count("PLEXSEND_RECLAIMS") == 1

    ended = run("lanes", "--json", PLEXSEND_RECLAIMS="60")
    assert [json.loads(line)["warning"]["field"] for line in ended.err.splitlines()] == ["PLEXSEND_RECLAIMS"]
