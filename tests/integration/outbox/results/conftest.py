"""Fixtures of the tests of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.outbox.results.publishing import Publisher

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


@pytest.fixture
def publisher(store: Store) -> Publisher:
    """A stream of results that the test fills by hand."""
    return Publisher(store)
