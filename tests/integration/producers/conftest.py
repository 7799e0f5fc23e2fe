"""What tests of producers share: valid items, files of them, and a producer on a real Valkey."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from plexsend.gateway.services import read_settings
from producers import Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from plexsend.outbox.store import Store


class MakeItem(Protocol):
    def __call__(self, number: int = 0, **changes: Any) -> dict[str, Any]: ...


@pytest.fixture
def make_item() -> MakeItem:
    """Makes a valid item; a change to None leaves the field out."""

    def make(number: int = 0, **changes: Any) -> dict[str, Any]:
        item = {
            "sender_number": "02-2234-5678",
            "receiver_number": f"010-2345-{number % 10_000:04d}",
            "msg": f"안녕하세요 {number}",
            "file_path": ["https://example.test/1.jpg"],
            **changes,
        }
        return {name: value for name, value in item.items() if value is not None}

    return make


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Writes items, or lines as they are, into a JSON Lines file."""

    def write(rows: Iterable[Any], name: str = "items.jsonl") -> Path:
        path = tmp_path / name
        with path.open("wb") as file:
            for row in rows:
                line = row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode()
                file.write(line + b"\n")
        return path

    return write


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
