"""Scopes: read as people write them, and none that would cover nothing."""

from __future__ import annotations

import pytest

from plexsend.outbox.suppression_scopes import read_scope


@pytest.mark.parametrize(
    ("written", "scope"),
    [
        ("", ""),
        (" account ", ""),
        ("1588-1234", "sender 15881234"),
        ("sender:1588-1234", "sender 15881234"),
        ("sender: 02-2123-4567", "sender 0221234567"),
        ("sender 15881234", "sender 15881234"),
        ("080-123-4567", "refusal 0801234567"),
        ("refusal:0801234567", "refusal 0801234567"),
        ("sender:080-123-4567", "sender 0801234567"),
    ],
)
def test_scope_is_read(written: str, scope: str) -> None:
    assert read_scope(written) == scope
    assert read_scope(scope) == scope


@pytest.mark.parametrize(
    "written",
    [
        *("everywhere", "sender", "sender:", "sender:abc15881234", "sender:12345678", "refusal:1588-1234"),
        *("080", "number:1588-1234", "sender:1588-1234,1588-9999", "all"),
    ],
)
def test_what_would_cover_nothing_is_none(written: str) -> None:
    assert read_scope(written) is None
