"""What would never go, since nobody looks at it: the audit names it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.holds import Scope
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.steer import pause
from plexsend.outbox.sweep import sweep
from tests.integration.outbox.reading.filled_books import LANE, about, add

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

SPRING = replace(LANE, group="spring")


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        (
            lambda s: s.client.zadd(s.keys.lane("main", LANE.name, "drains"), {"x.1": 9e15}),
            "something keeps a connection of it for a time that nobody gave",
        ),
        (lambda s: s.client.delete(s.keys.wake("main")), "but nobody will look at it"),
        (lambda s: s.client.delete(s.keys.grouped_wake("main", LANE.name)), "but nobody will look at it"),
        (
            lambda s: s.client.zadd(s.keys.wake("main"), {LANE.name: 9e15}),
            "but nobody will look at it for a long time",
        ),
        (
            lambda s: s.client.delete(s.keys.waking_routes("main")),
            "but its route is not among those that wake",
        ),
        (
            lambda s: s.client.hdel(s.keys.lane_index("main"), SPRING.name),
            "records name this lane, but it is not among the known lanes",
        ),
        (
            lambda s: s.client.srem(s.keys.routes("main"), LANE.name),
            "it is not in the index of its account as it should be",
        ),
        (
            lambda s: s.client.delete(s.keys.lanes, s.keys.accounts),
            "so no worker looks after it",
        ),
        (lambda s: s.client.delete(s.keys.here("main")), "nothing of the account main is sent"),
    ],
    ids=["leases", "wake", "group's wake", "late wake", "waking routes", "index", "routes", "lanes", "here"],
)  # fmt: skip
def test_what_will_never_go_is_named(filled: Store, lose: Callable[[Store], object], words: str) -> None:
    add(filled, SPRING, "s")
    assert audit(filled).ok
    lose(filled)
    assert about(filled, words)


def test_a_paused_group_waits_in_order(filled: Store) -> None:
    add(filled, SPRING, "s")
    pause(filled, Scope.GROUP, "spring", account="main", by="anna", why="x")
    sweep(
        filled,
        "main",
        WorkerProcess("p1", 1, ("mms-bulk",)),
        services=("mms-bulk",),
        quotas={"mms-bulk": 9},
        quota=9,
    )
    assert filled.client.zcard(filled.keys.grouped_wake("main", LANE.name)) == 0
    assert audit(filled).ok


@pytest.mark.parametrize(
    "hold", [{"until": 4_000_000_000_000}, {"probe": "p.1", "probe_until": 4_000_000_000_000}]
)
def test_a_hold_that_will_not_end_is_named(filled: Store, hold: dict[str, Any]) -> None:
    whole = {"since": 1, "until": 0, "step": 1000, "by": "gateway", "why": "503", "probe": ""} | hold
    filled.client.hset(filled.keys.holds("main"), f"lane shut {LANE.name}", json.dumps(whole))
    (found,) = audit(filled).discrepancies
    assert found.what == (
        f"the hold shut of lane {LANE.name} in account main lasts until a time that nobody gave"
    )
    assert found.remedy.endswith(f"plexsend resume {LANE.name}")


def test_holds_that_last_as_they_should_are_sound(filled: Store) -> None:
    pause(filled, Scope.SERVICE, "mms-bulk", account="main", by="anna", why="x")
    until_ms = queries.server_ms(filled) + 900_000
    hold = {"since": 1, "until": until_ms, "step": 1000, "by": "gateway", "why": "", "probe": ""}
    filled.client.hset(filled.keys.holds("main"), f"lane shut {LANE.name}", json.dumps(hold))
    assert audit(filled).ok
