"""What the tests of campaigns share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.outbox.bench import Bench

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


@pytest.fixture
def bench(store: Store) -> Bench:
    """A bench on a store of its own: no rate, no linger."""
    return Bench(store)
