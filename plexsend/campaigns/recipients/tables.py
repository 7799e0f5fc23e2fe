"""Tables of text: CSV, with whatever separates its cells, in whatever encoding."""

from __future__ import annotations

import io
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from plexsend.campaigns.recipients.rows import RawRow
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


def lines_of(
    stream: io.BufferedReader, encoding: Encoding, utf_16: str | None, *, is_table: bool
) -> Iterator[Line | Row]:
    """Return the lines of a text.

    Args:
        stream: Its bytes.
        encoding: How it is written, where it is not UTF-16.
        utf_16: Which UTF-16 it is; None: none.
        is_table: Whether it is a table, and not JSON Lines.
    """
    if utf_16 is not None:
        stream, encoding = io.BufferedReader(Transcoded(stream, utf_16), _BLOCK_BYTES), Encoding.UTF_8
    exchanged = read_beginning(stream, encoding, is_table=is_table)
    if exchanged:
        stream = io.BufferedReader(Exchanged(stream), _BLOCK_BYTES)
    return read_lines(stream, encoding, exchanged=exchanged)


class Table:
    """A table of text, read once from its beginning.

    Args:
        lines: Its lines.

    Raises FileProblem where it has no header that can be read.
    """

    def __init__(self, lines: Iterator[Line | Row]) -> None:
        lines, self.separator, self._hidden = _find_separator(lines)
        self._rows = read_cells(lines, self.separator)
        # Lines that are part of a row which began before, or not shown: spreadsheets do not count them.
        first = next(self._rows, None)
        if first is None:
            raise FileProblem("it is empty. Its first row names the columns.")
        if isinstance(first, Row):
            why = f"{first.problem.reason}. {first.problem.remedy}" if first.problem else ""
            raise FileProblem(f"its header cannot be read: it {why}", line=first.line)
        self._count(first)
        self.header = tuple(cell.strip() for cell in first.cells)

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows below the header, but for blank ones."""
        for row in self._rows:
            line = row.line - self._hidden
            if isinstance(row, Row):
                yield RawRow(line, [row.text or ""], row.problem)
            else:
                self._count(row)
                yield RawRow(line, row.cells)

    def _count(self, row: CellRow) -> None:
        self._hidden += row.line_count - 1


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
