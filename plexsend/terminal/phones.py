"""A message as a phone shows it: in a box of a phone's width, which fits beside nothing in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.terminal.printable import printable
from plexsend.terminal.wrapping import width_of

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 36
"""Columns of the text: eighteen Korean characters, as on a small phone."""


def phone(text: str, *, title: str = "", images: int = 0) -> Iterator[str]:
    """Yield the lines of a box with a message in it.

    Args:
        text: What it says; its own line ends count.
        title: Its title; empty: it has none.
        images: How many pictures it shows.
    """
    yield f"┌{'─' * (WIDTH + 2)}┐"
    if images:
        yield _line("[ picture ]" if images == 1 else f"[ {images} pictures ]")
    if title:
        yield from map(_line, _broken(title))
        yield f"├{'─' * (WIDTH + 2)}┤"
    yield from map(_line, _broken(text))
    yield f"└{'─' * (WIDTH + 2)}┘"


def _line(text: str) -> str:
    return f"│ {text}{' ' * (WIDTH - width_of(text))} │"


def _broken(text: str) -> Iterator[str]:
    """Yield the lines of a text, none wider than the phone: broken at blanks, a longer word anywhere."""
    for paragraph in printable(text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            whole = f"{line} {word}" if line else word
            if width_of(whole) <= WIDTH:
                line = whole
                continue
            if line:
                yield line
            *full, line = _pieces(word)
            yield from full
        yield line


def _pieces(word: str) -> list[str]:
    pieces, piece = [], ""
    for char in word:
        if width_of(piece + char) > WIDTH:
            pieces.append(piece)
            piece = ""
        piece += char
    return [*pieces, piece]
