"""Counts in words: `1 message`, `2 messages`."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with what it counts; `many`: what several are called, else `one` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
