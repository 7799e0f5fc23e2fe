"""Text broken at words, as wide as a terminal shows it: a Korean character takes two columns."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST = 20
"""Columns that are left for text: what begins a line may take the rest, or stands on a line of its own."""
_INDENT = " " * 6
_USUAL = 80
"""Columns of a terminal that does not say how many it has."""

# A command in backticks is one word: people copy it.
_WORD = re.compile(r"(?:`[^`]*`|\S)+")
_LEAD = re.compile(r" *(?:- )?")


def width_of(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def terminal_width(stream: TextIO) -> int:
    """Return how many columns the terminal behind a stream has; COLUMNS counts more, as everywhere."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def wrap(text: str, width: int, *, lead: str = "", hang: int = 0) -> Iterator[str]:
    """Yield the lines of a text of words, none wider than `width` unless a single word is.

    Args:
        text: Words with single spaces between them; what is in backticks is one word.
        width: Columns.
        lead: What begins the first line, as it stands; the others are indented as far.
        hang: Columns by which the others are indented further.
    """
    indent = " " * (width_of(lead) + hang)
    if lead.strip() and len(indent) + _LEAST > width:
        yield lead.rstrip()
        lead = indent = _INDENT
    line, is_empty = lead, True
    for word in _WORD.findall(text):
        if not is_empty and width_of(line) + 1 + width_of(word) > width:
            yield line
            line, is_empty = indent, True
        line += word if is_empty else f" {word}"
        is_empty = False
    yield line


def wrap_lines(text: str, width: int) -> str:
    """Return a text in which each line that is too wide is broken at words, and indented a little further."""
    return "\n".join(part for line in text.split("\n") for part in _wrap_line(line, width))


def _wrap_line(line: str, width: int) -> Iterator[str]:
    if width_of(line) <= width:
        yield line
        return
    found = _LEAD.match(line)
    lead = found[0] if found else ""
    # Below a `- ` the text lines up; elsewhere the first line stands out.
    yield from wrap(line[len(lead) :], width, lead=lead, hang=0 if lead.strip() else 2)
