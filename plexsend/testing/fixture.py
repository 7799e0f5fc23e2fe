"""The fixture of pytest. pytest finds this module by the entry point `pytest11` of the distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.testing.memory import MemoryOutbox


@pytest.fixture
def plexsend_outbox() -> Iterator[MemoryOutbox]:
    """An outbox in memory: what `plexsend.send` and the functions beside it use until the test ends."""
    # pytest imports this module when it starts, also where no test asks for the fixture.
    from plexsend.testing.memory import MemoryOutbox

    with MemoryOutbox() as outbox:
        yield outbox
