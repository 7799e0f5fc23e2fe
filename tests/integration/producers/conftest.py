"""What tests of producers share: valid items, files of them, and a producer on a real Valkey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.environment import read_settings
from plexsend.producers import Producer
from tests.messages import make_item, write_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store

__all__ = ["make_item", "make_producer", "producer", "write_jsonl"]


@pytest.fixture
def make_producer(valkey_url: str, prefix: str, store: Store) -> Callable[..., Producer]:
    """Makes a producer on the test's store, under settings that may say more."""

    def make(on: Store | None = None, **environ: str) -> Producer:
        given = {"PLEXSEND_REDIS_URL": valkey_url, "PLEXSEND_KEY_PREFIX": prefix, **environ}
        return Producer(read_settings(given), on or store)

    return make


@pytest.fixture
def producer(make_producer: Callable[..., Producer]) -> Producer:
    """A producer on the test's store; its settings name no account."""
    return make_producer()
