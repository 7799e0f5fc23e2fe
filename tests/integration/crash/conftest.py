"""A nursery for the run, and a way to play a case in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.crash.nursery import Nursery
from tests.integration.crash.playing import Place, Played, play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where the processes come from that are stopped."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each case has a folder; one made by pytest for each of a thousand takes longer with every one."""
    return tmp_path_factory.mktemp("crash")


@pytest.fixture
def play_case(nursery: Nursery, store: Store, valkey_url: str, folders: Path) -> Callable[..., Played]:
    """Plays a point, written `scenario/boundary`, or a scenario without a stop."""

    def case(point: str, *, lose: bool = False) -> Played:
        name, _, boundary = point.partition("/")
        place = Place(nursery, store, valkey_url, folders / store.keys.prefix.strip(":"))
        place.folder.mkdir()
        return play(place, name, boundary, lose=lose)

    return case
