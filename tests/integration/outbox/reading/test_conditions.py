"""The conditions that operators are notified of are those of Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.conditions import look
from plexsend.outbox.reading.queries import server_ms
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def test_where_all_is_well_there_are_none(store: Store) -> None:
    Bench(store).submit(3)
    assert look(store) == []


def test_holds_and_limits_are_found(store: Store) -> None:
    Bench(store).submit(3)
    steer.pause(store, Scope.ACCOUNT, "main", account="main", by="kim", why="month end")
    # An account that has no lane yet.
    steer.pause(store, Scope.ACCOUNT, "shop", account="shop", by="kim", why="month end")
    put(store, Where("mms-bulk", "main"), {"daily_limit": "100"}, by="kim", reason="contract")
    store.client.set(store.keys.day("main", "mms-bulk"), f"{server_ms(store) + 60_000} 80")
    assert [(one.subject, one.state) for one in look(store)] == [
        ("account pause main", "held"),
        ("account pause shop", "held"),
        ("limit mms-bulk@main", "80"),
    ]
