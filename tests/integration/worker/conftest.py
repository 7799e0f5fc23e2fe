"""Rooms for the tests of the worker: on the sandbox, or on answers that a test makes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.http.client import GatewayClient
from plexsend.outbox.reading.audit import audit
from plexsend.sandbox import Sandbox
from tests.integration.worker.room import Room, ScriptedClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A gateway that keeps what it sees."""
    with Sandbox(keep_bodies=True) as sandbox:
        yield sandbox


@pytest.fixture
def room(store: Store, sandbox: Sandbox) -> Iterator[Room]:
    """A worker that talks to the sandbox; its books must add up in the end."""
    client = GatewayClient({"mms": sandbox.url})
    room = Room(store, client)
    yield room
    client.close()
    assert audit(store).discrepancies == ()


@pytest.fixture
def scripted(store: Store) -> Iterator[Room]:
    """A worker whose gateway answers as a test says; its books must add up in the end."""
    room = Room(store, ScriptedClient())
    yield room
    assert audit(store).discrepancies == ()
