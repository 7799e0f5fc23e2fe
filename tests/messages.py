"""Fixtures that several folders share: valid items, and files of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


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
