"""Keys of other programs, texts and times that are not ours: the audit names each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.submit import NewMessage, Submitter
from tests.integration.outbox.reading.filled_books import LANE, about, add, become_text, named

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

LANE_PARTS = ("later", "ready", "sending", "uncertain", "dead", "drains", "takes", "counts")
ACCOUNT_PARTS = (
    "lanes",
    "routes",
    "ended",
    "holds",
    "closed",
    "eased",
    "wake",
    "wake:routes",
    "urls",
    "sweep",
)
FLEET_PARTS = ("lanes", "accounts", "pauses", "policy", "alive", "fleet", "held", "events", "told", "walk")


@pytest.mark.parametrize("part", LANE_PARTS)
def test_a_lanes_key_of_another_type_is_named(filled: Store, part: str) -> None:
    key = filled.keys.lane("main", LANE.name, part)
    become_text(filled, key)
    assert about(filled, f"the key {key} is a string of another program")


@pytest.mark.parametrize("part", ACCOUNT_PARTS)
def test_an_accounts_key_of_another_type_is_named(filled: Store, part: str) -> None:
    key = filled.keys.account("main") + part
    become_text(filled, key)
    assert about(filled, f"the key {key} is a string of another program")


@pytest.mark.parametrize("part", FLEET_PARTS)
def test_a_key_of_the_fleet_of_another_type_is_named(filled: Store, part: str) -> None:
    key = filled.keys.prefix + part
    become_text(filled, key)
    assert about(filled, f"the key {key} is a string of another program")


def test_a_messages_keys_of_another_type_are_named_and_its_neighbours_are_not(filled: Store) -> None:
    become_text(filled, filled.keys.record("main", "k15"))
    filled.client.delete(filled.keys.body("main", "k16"))
    filled.client.lpush(filled.keys.body("main", "k16"), "x")
    filled.client.set(filled.keys.history("main", "k17"), "x")
    assert named(filled, "k15") == ["its record is a string of another program"]
    assert named(filled, "k16") == ["its body is a list of another program"]
    assert about(filled, f"the key {filled.keys.history('main', 'k17')} is a string")
    assert {item.msg_key for item in audit(filled).discrepancies} == {"k15", "k16", ""}


def test_each_discrepancy_says_what_to_do(filled: Store) -> None:
    become_text(filled, filled.keys.lane("main", LANE.name, "ready"))
    filled.client.delete(filled.keys.body("main", "k15"), filled.keys.record("main", "k16"))
    assert all(
        item.remedy.endswith(".") or "redis-cli" in item.remedy for item in audit(filled).discrepancies
    )


def test_a_body_that_is_not_the_one_submitted_is_named(filled: Store) -> None:
    filled.client.set(filled.keys.body("main", "k15"), b'{"n":2}')
    assert named(filled, "k15") == ["its body is not the one that was submitted"]


def test_a_body_and_a_history_without_a_record_are_named(filled: Store) -> None:
    filled.client.set(filled.keys.body("main", "gone"), b"{}")
    filled.client.rpush(filled.keys.history("main", "old"), "1|drop||")
    assert named(filled, "gone") == ["there is a body without a record"]
    assert named(filled, "old") == ["there is a history without a record"]


def test_a_message_in_another_lanes_set_is_named(filled: Store) -> None:
    add(filled, replace(LANE, group="spring"), "s")
    filled.client.zadd(filled.keys.lane("main", "mms-bulk/spring@main", "ready"), {"k15": 1})
    assert named(filled, "k15") == ["it is in ready, but its record names the lane mms-bulk@main"]


@pytest.mark.parametrize("never", [9e15, float("inf")])
def test_a_time_that_nobody_gave_is_named(filled: Store, never: float) -> None:
    retried = next(
        f"k{n}"
        for n in range(10)
        if filled.client.hget(filled.keys.record("main", f"k{n}"), "s") == b"scheduled"
    )
    filled.client.zadd(filled.keys.lane("main", LANE.name, "later"), {retried: never})
    assert [what.partition(" until")[0] for what in named(filled, retried)] == ["it waits"]
    advance(filled, LANE, Ticket("p.1", 3))
    filled.client.zadd(filled.keys.lane("main", LANE.name, "sending"), {"k15": never})
    assert [what.partition(" only")[0] for what in named(filled, "k15")] == [
        "it is being sent and counts as abandoned"
    ]


def test_a_time_far_ahead_that_somebody_asked_for_is_sound(filled: Store) -> None:
    at_ms = queries.server_ms(filled) + 400 * 86_400_000
    Submitter(filled).add(LANE, [NewMessage("far", b"{}")], stamp="x", send_at_ms=at_ms)
    assert audit(filled).ok
