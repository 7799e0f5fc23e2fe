"""What deploy/README.md says to watch: each alarm is silent while all is well, and rings when it should."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.outbox.batches import Outcome
from plexsend.outbox.reasons import HOLD_RULES, Ends

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PAGE = Path(__file__).parents[3].joinpath("deploy", "README.md").read_text("utf-8")
SECTION = PAGE.partition("What to watch\n")[2].partition("\n## ")[0]
ALARMS = {
    key: command.split()
    for command, key in re.findall(
        r"^\| [^|]+ \| `plexsend ([a-z ]+)` \| `(\w+)` is [^|]+ \|$", SECTION, re.MULTILINE
    )
}
"""The key that is watched → the words of the command that prints it."""


def test_the_page_names_these_alarms_and_no_others() -> None:
    assert SECTION.partition("\n| what |")[2].count("\n| ") == len(ALARMS)
    assert set(ALARMS) == {"until", "oldest_ready_s", "uncertain", "dead", "ok"}


def watch(run: Callable[..., Any], key: str) -> tuple[int, Any]:
    """Return the exit code of the command that prints a key, and the key on its only line."""
    ended = run(*ALARMS[key], "--json")
    (line,) = ended.lines
    return ended.code, line[key]


def test_while_all_is_well_no_alarm_rings(run: Callable[..., Any], yard: Any) -> None:
    yard.end(Outcome.ACCEPTED, "a1")

    assert {key: watch(run, key) for key in ALARMS if key != "until"} == {
        "oldest_ready_s": (0, None),
        "uncertain": (0, 0),
        "dead": (0, 0),
        "ok": (0, True),
    }
    assert run(*ALARMS["until"], "--json").lines == []


def test_each_alarm_rings_when_a_person_is_needed(run: Callable[..., Any], yard: Any, store: Any) -> None:
    yard.end(Outcome.REJECTED, "d1")
    yard.end(Outcome.PARK, "u1")
    yard.add("k1", "k2")
    run("pause", "main", "--reason", "new price list")
    store.client.zrem(store.keys.lane("main", "mms-bulk@main", "ready"), "k2")

    assert watch(run, "until") == (0, None)
    assert watch(run, "uncertain") == (0, 1)
    assert watch(run, "dead") == (0, 1)
    assert watch(run, "ok") == (1, False)
    assert watch(run, "oldest_ready_s")[1] >= 0


def test_the_page_names_the_holds_that_wait_for_a_person_and_no_others() -> None:
    (row,) = re.findall(r"^\| a hold .+$", SECTION, re.MULTILINE)
    waiting = {str(rule.reason) for rule in HOLD_RULES if rule.ends is Ends.BY_PERSON}
    assert set(re.findall(r"`(\w+)`", row)) - {"until"} == waiting
