"""A gateway that takes pictures, and a producer that may upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.producers import Producer


@pytest.fixture
def gateway() -> Iterator[Sandbox]:
    """A gateway that takes pictures."""
    with Sandbox(credentials={"shop": "key"}) as sandbox:
        yield sandbox


@pytest.fixture
def uploading(make_producer: Callable[..., Producer], gateway: Sandbox) -> Producer:
    """A producer with an account's secret."""
    return make_producer(PLEXSEND_UPLOAD_URL=gateway.url, PLEXSEND_ACCOUNT_MAIN="shop;key")
