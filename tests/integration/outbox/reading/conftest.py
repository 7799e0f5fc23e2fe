"""What the tests of reading share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.outbox.reading.filled_books import fill

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


@pytest.fixture
def filled(store: Store) -> Store:
    """Twenty messages: ten settled in every way there is, ten waiting."""
    return fill(store)
