"""Tables of text: CSV, with whatever separates its cells, in whatever encoding."""

from __future__ import annotations

import io
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from plexsend.campaigns.recipients.blocks import read_blocks
from plexsend.campaigns.recipients.rows import RawRow, unread
from plexsend.campaigns.recipients.transcoding import Transcoded
from plexsend.errors import FileProblem
from plexsend.producers.files.beginning import Exchanged, read_beginning
from plexsend.producers.files.lines import Encoding, Line, read_lines
from plexsend.producers.files.rows import Row
from plexsend.producers.files.table import CellRow, read_cells

if TYPE_CHECKING:
    from collections.abc import Iterator

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
"""What may be between cells → what people call it; the first where nothing else shows."""
_BLOCK_BYTES: Final = 1_000_000

_QUOTED = re.compile(r'"(?:[^"]|"")*"?')
_SAID = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""A first line that names the separator, as some programs write it and Excel reads it."""


class ListText:
    """The bytes of a text behind its byte order mark.

    Args:
        stream: The bytes.
        encoding: How it is written, where it is not UTF-16.
        utf_16: Which UTF-16 it is; None: none.
        is_table: Whether it is a table, and not JSON Lines.
    """

    def __init__(
        self, stream: io.BufferedReader[Any], encoding: Encoding, utf_16: str | None, *, is_table: bool
    ) -> None:
        if utf_16 is not None:
            encoding = Encoding.UTF_8
            stream = io.BufferedReader(Transcoded(stream, utf_16), _BLOCK_BYTES)
        self.encoding = encoding
        self.is_exchanged = read_beginning(stream, encoding, is_table=is_table)
        """Whether a carriage return alone ends its lines: the stream gives the two exchanged."""
        if self.is_exchanged:
            stream = io.BufferedReader(Exchanged(stream), _BLOCK_BYTES)
        self.stream = stream

    def lines(self) -> Iterator[Line | Row]:
        """Read its lines from here on."""
        return read_lines(self.stream, self.encoding, exchanged=self.is_exchanged)


class Table:
    """A table of text, read once from its beginning.

    Args:
        text: Its bytes.

    Raises FileProblem where it has no header that can be read.
    """

    def __init__(self, text: ListText) -> None:
        self._text = text
        lines, self.separator, hidden = _find_separator(text.lines())
        rows = read_cells(lines, self.separator)
        first = next(rows, None)
        if first is None:
            raise FileProblem("it is empty. Its first row names the columns.")
        if isinstance(first, Row):
            why = f"{first.problem.reason}. {first.problem.remedy}" if first.problem else ""
            raise FileProblem(f"its header cannot be read: it {why}", line=first.line)
        self.header = tuple(cell.strip() for cell in first.cells)
        self._next_row = first.line - hidden + 1
        """As a spreadsheet numbers it: lines inside of a cell and a hidden one do not count."""

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows below the header, but for blank ones."""
        text = self._text
        if text.is_exchanged:
            return self._rows_of(text.stream, self._next_row)
        return read_blocks(text.stream, text.encoding, self.separator, self._next_row, self._rows_of)

    def _rows_of(self, stream: io.BufferedReader[Any], next_row: int) -> Iterator[RawRow]:
        """Yield the rows of a stream, line by line: something in it is not as it should be."""
        text = self._text
        # A cell may hold line ends, and its row counts once.
        hidden = 0
        lines = read_lines(stream, text.encoding, exchanged=text.is_exchanged)
        for row in read_cells(lines, self.separator):
            line = next_row - 1 + row.line - hidden
            if isinstance(row, CellRow):
                hidden += row.line_count - 1
                yield RawRow(line, row.cells)
            else:
                yield unread(line, row)


def _find_separator(lines: Iterator[Line | Row]) -> tuple[Iterator[Line | Row], str, int]:
    """Return the lines of a table, what separates its cells, and how many lines in front were taken out."""
    held: list[Line | Row] = []
    for line in lines:
        held.append(line)
        if isinstance(line, Row) or not line.text.strip():
            continue
        said = _SAID.fullmatch(line.text)
        if said is not None and said[1] in SEPARATORS:
            return lines, said[1], len(held)
        bare = _QUOTED.sub("", line.text)
        return chain(held, lines), max(SEPARATORS, key=bare.count), 0
    return iter(held), next(iter(SEPARATORS)), 0
