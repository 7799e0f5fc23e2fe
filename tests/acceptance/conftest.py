"""Stands for the acceptance tests: each has a key prefix, a sandbox and processes of its own."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from plexsend.sandbox import Sandbox
from tests.acceptance.stand import Stand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    MakeStand = Callable[..., Stand]


@pytest.fixture
def make_stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeStand]:
    """Make stands that end with the test: accounts by name, settings by variable."""
    with _stands(tmp_path_factory) as make:
        yield make


@pytest.fixture(scope="module")
def make_shared_stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeStand]:
    """Make stands that end with the module."""
    with _stands(tmp_path_factory) as make:
        yield make


@contextmanager
def _stands(folders: pytest.TempPathFactory) -> Iterator[MakeStand]:
    with ExitStack() as ends:

        def make(url: str, *accounts: str, in_files: tuple[str, ...] = (), **settings: str) -> Stand:
            users = {name: f"user-{name};secret-{name}-{uuid.uuid4().hex}" for name in (*accounts, *in_files)}
            sandbox = ends.enter_context(
                Sandbox(
                    credentials=dict(text.split(";") for text in users.values()),
                    keep_bodies=True,
                    keep_requests=10_000,
                )
            )
            prefix = f"t{uuid.uuid4().hex[:10]}:"
            stand = Stand(url, prefix, sandbox, folders.mktemp("stand"), users, frozenset(in_files), settings)
            ends.callback(stand.end)
            return stand

        yield make
