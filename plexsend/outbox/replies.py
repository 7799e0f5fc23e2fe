"""Values of Redis's replies, read as what they should be."""

from __future__ import annotations

from typing import Any


def text(value: Any) -> str:
    """Return a reply's value as text; None as the empty text.

    What another program wrote there may not be UTF-8: it is shown as far as possible, and matches no name.
    """
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def number(value: Any) -> int:
    """Return a reply's value as a whole number; 0 for nothing, and for what another program put there."""
    if value in (None, b"", ""):
        return 0
    try:
        return int(float(value))
    except (ValueError, OverflowError):
        return 0
