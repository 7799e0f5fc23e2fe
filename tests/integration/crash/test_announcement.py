"""A lane announced while its service is paused and resumed: what stands is what the person asked for last."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from plexsend.errors import OutboxUnavailable
from plexsend.gateway.environment import read_settings
from plexsend.outbox import steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading import queries
from plexsend.producers import Producer
from tests.integration.crash.calls import watched_store
from tests.integration.crash.producing import mms_item
from tests.integration.crash.watch import Watch
from tests.integration.worker.room import SETTINGS

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def _pause(store: Store) -> None:
    steer.pause(store, Scope.SERVICE, "mms-bulk", account=None, by="a test", why="wanted so")


def _resume(store: Store) -> None:
    steer.resume(store, Scope.SERVICE, "mms-bulk", account=None)


def _submit(store: Store, watch: Watch) -> None:
    watch.is_armed = True
    Producer(read_settings(SETTINGS), watched_store(store, watch)).submit("mms-bulk", [mms_item(1)])


@pytest.mark.parametrize("lost", ["hsetnx-1-after", "hexists-1-before", "hexists-1-after"])
def test_copy_of_a_pause_that_was_resumed_goes_with_the_next_submit(store: Store, lost: str) -> None:
    _pause(store)
    watch = Watch(lost, lose=True)
    watch.meanwhile = {"hsetnx-1-before": lambda: _resume(store)}
    with suppress(OutboxUnavailable):
        _submit(store, watch)
    assert lost in watch.reached
    _submit(store, Watch())
    assert queries.holds(store, "main") == []


def test_pause_that_comes_while_an_older_one_is_taken_back_stands(store: Store) -> None:
    _pause(store)
    watch = Watch()
    watch.meanwhile = {"hsetnx-1-before": lambda: _resume(store), "hexists-1-after": lambda: _pause(store)}
    _submit(store, watch)
    assert [hold.field for hold in queries.holds(store, "main")] == ["service pause mms-bulk"]
