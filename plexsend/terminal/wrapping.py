"""Text broken at words, as wide as a terminal shows it: a Korean character takes two columns."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST = 20
"""Columns that are left for text: what begins a line may take the rest, or stands on a line of its own."""
_INDENT = " " * 6


def width_of(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrap(text: str, width: int, *, lead: str = "") -> Iterator[str]:
    """Yield the lines of a text of words, none wider than `width` unless a single word is.

    Args:
        text: Words with single spaces between them.
        width: Columns.
        lead: What begins the first line, as it stands; the others are indented as far.
    """
    indent = " " * width_of(lead)
    if lead and len(indent) + _LEAST > width:
        yield lead.rstrip()
        lead = indent = _INDENT
    line, is_empty = lead, True
    for word in text.split():
        if not is_empty and width_of(line) + 1 + width_of(word) > width:
            yield line
            line, is_empty = indent, True
        line += word if is_empty else f" {word}"
        is_empty = False
    yield line
