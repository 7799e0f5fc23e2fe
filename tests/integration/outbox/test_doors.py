"""Doors: who takes receipts, as long as it lives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.doors import Door, announce, last_receipts, leave, living
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.strays import read_unread

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

WEB1 = Door("p1", "web1", 7, "0.5.0", ("receipts",), 8080, ("main", "shop"))
WEB2 = Door("p2", "web2", 8, "0.5.0", ("receipts", "metrics"))


def let_pass(store: Store, door: Door, ms: int) -> None:
    """Let time pass since a door was heard of."""
    client: Any = store.client
    facts = json.loads(client.hget(store.keys.doors, door.process))
    client.hset(store.keys.doors, door.process, json.dumps({**facts, "seen_ms": facts["seen_ms"] - ms}))


def test_door_is_known_until_it_leaves(store: Store) -> None:
    began_ms = server_ms(store)
    since_ms = announce(store, WEB1)
    (found,) = living(store)
    assert began_ms <= found.since_ms == found.seen_ms == since_ms
    assert (found.host, found.pid, found.port, found.accounts) == ("web1", 7, 8080, ("main", "shop"))
    assert announce(store, WEB1, since_ms=since_ms) == since_ms
    announce(store, WEB2)
    assert [door.process for door in living(store)] == ["p1", "p2"]
    leave(store, WEB1)
    assert [door.process for door in living(store)] == ["p2"]


@pytest.mark.parametrize(
    ("silent_ms", "lives"), [(9_000, True), (10_001, False), (-1_000, True), (-60_000, False)]
)
def test_door_that_fell_silent_is_dead(store: Store, silent_ms: int, *, lives: bool) -> None:
    """One that is far ahead is from before Redis's clock was set back."""
    announce(store, WEB1)
    let_pass(store, WEB1, silent_ms)
    assert bool(living(store)) is lives


def test_door_is_forgotten_after_ten_minutes(store: Store) -> None:
    announce(store, WEB1)
    let_pass(store, WEB1, 599_000)
    announce(store, WEB2)
    assert store.client.hlen(store.keys.doors) == 2
    let_pass(store, WEB1, 2_000)
    announce(store, WEB2)
    assert store.client.hkeys(store.keys.doors) == [b"p2"]


def test_what_was_refused_is_counted_with_the_sign_of_life(store: Store) -> None:
    announce(store, WEB1, {"wrong path": 3})
    announce(store, WEB2, {"wrong path": 1, "too long": 2})
    assert read_unread(store)[0] == {"wrong path": 4, "too long": 2}


def test_what_another_program_wrote_there_is_not_a_door(store: Store) -> None:
    announce(store, WEB1)
    for name, junk in {"a": "", "b": "[]", "c": "{}", "d": '{"host": 1}', "e": "[" * 5_000}.items():
        store.client.hset(store.keys.doors, name, junk)
    assert [door.process for door in living(store)] == ["p1"]


def test_last_receipt_of_each_account_that_had_one(store: Store) -> None:
    store.client.hset(store.keys.receipts("main"), "last", 1_800_000_000_000)
    store.client.hset(store.keys.receipts("shop"), "stranger", 3)
    assert last_receipts(store, ["main", "shop", "club"]) == {"main": 1_800_000_000_000}
    assert last_receipts(store, []) == {}
