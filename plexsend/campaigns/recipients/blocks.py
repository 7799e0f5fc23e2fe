"""Blocks of a table: some thousand rows are split at once, while nothing in them is odd.

Line by line a row costs three times as much, and lists have millions of them. What is odd (a letter in
another encoding, quotes that do not end) is left to the reader of lines, which gives up single lines alone.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

from plexsend.campaigns.recipients.rows import RawRow
from plexsend.producers.files.lines import MARK
from plexsend.producers.files.quotes import is_loose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import WriteableBuffer

    from plexsend.producers.files.lines import Encoding

_BLOCK_BYTES: Final = 250_000
_MOST_BLOCK_BYTES: Final = 4_000_000
"""A block that ends inside a quoted cell takes more lines, up to this."""
_LONGEST_CELL: Final = 65_536
"""Characters; the reader of lines takes a longer row over several lines for one whose quote does not end."""
_LONE_RETURN = re.compile(r"\r(?!\n)")


def read_blocks(
    stream: io.BufferedReader[Any],
    encoding: Encoding,
    separator: str,
    next_row: int,
    by_line: Callable[[io.BufferedReader[Any], int], Iterator[RawRow]],
) -> Iterator[RawRow]:
    """Yield the rows of a table, but for blank ones.

    Args:
        stream: The table below its header.
        encoding: How it is written.
        separator: What is between its cells.
        next_row: The number of its first row.
        by_line: Reads the rest of a stream, whose first row has this number, line by line.
    """
    while block := _read_on(stream):
        rows = _split(block, encoding, separator)
        while (
            rows is None and len(block) < _MOST_BLOCK_BYTES and b'"' in block and (more := _read_on(stream))
        ):
            block += more
            rows = _split(block, encoding, separator)
        is_cut_off = not block.endswith(b"\n") and stream.peek(1)
        if rows is None or is_cut_off:
            yield from by_line(io.BufferedReader(_Joined(block, stream)), next_row)
            return
        for line, cells in enumerate(rows, start=next_row):
            for cell in cells:
                # Nearly always the first one says something.
                if cell and not cell.isspace():
                    yield RawRow(line, cells)
                    break
        next_row += len(rows)


def _read_on(stream: io.BufferedReader[Any]) -> bytes:
    """Return some thousand lines; one that is longer than any may be cut off."""
    block: bytes = stream.read(_BLOCK_BYTES)
    return block if block.endswith(b"\n") else block + stream.readline(_BLOCK_BYTES)


def _split(block: bytes, encoding: Encoding, separator: str) -> list[list[str]] | None:
    """Return the cells of all rows, blank ones too; None where something is odd."""
    try:
        text = block.decode(encoding)
    except UnicodeDecodeError:
        return None
    if "\0" in text or MARK in text or _LONE_RETURN.search(text):
        return None
    if '"' in text:
        return None if is_loose(text, separator) else _read_quoted(text, separator)
    lines = text.replace("\r", "").split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.split(separator) for line in lines]


def _read_quoted(text: str, separator: str) -> list[list[str]] | None:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        rows = list(reader)
    except csv.Error:
        return None
    return None if any(len(cell) > _LONGEST_CELL for cells in rows for cell in cells) else rows


class _Joined(io.RawIOBase):
    """What was read of a stream already, and the rest of it."""

    def __init__(self, first: bytes, rest: io.BufferedReader[Any]) -> None:
        self._first = memoryview(first)
        self._rest = rest

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read on."""
        view = memoryview(buffer).cast("B")
        if not self._first:
            return self._rest.readinto1(view)
        count = min(len(view), len(self._first))
        view[:count] = self._first[:count]
        self._first = self._first[count:]
        return count
