"""CSV: a header of field names, then a row for each item; quoted cells may hold line ends.

A field inside another is named with dots (`msg.body.title`), and a cell for an array of objects holds JSON.

A quote that never ends would make the rest of the file one row. So a row that cannot be read costs its first
line alone: the lines after it are read again, as rows of their own.
"""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem
from plexsend.gateway.strict_json import BadJson
from plexsend.producers.files.columns import judge_header
from plexsend.producers.files.layout import Layout
from plexsend.producers.files.rows import Row, bad_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.producers.files.columns import Columns
    from plexsend.producers.files.lines import Line

_LONGEST_ROW_BYTES = 65_536
"""A longer row over several lines is taken for one whose quote does not end; no item is that long."""

_REREAD_SHARE = 4
_REREAD_BYTES = 4_000_000
"""Lines are read again up to four times what was read, plus 4 MB: reading stays linear in the file's size."""

_REASONS = {
    "new-line": "has a carriage return inside a line",
    "unexpected end": "has a quote that does not end",
    "expected after": "has a quoted cell with more behind its closing quote",
    "field limit": "has a cell of more than 131,072 characters",
}
"""Part of the csv module's words → ours."""


def read_table(lines: Iterable[Line | Row], columns: Columns | None) -> Iterator[Row]:
    """Yield a row for each row below the header; rows whose cells are all blank are left out.

    Args:
        lines: The lines of the file.
        columns: What the header may and must name; None takes any header without doubled names.

    Raises:
        FileProblem: before the first row, where the header is missing or wrong.
    """
    feed = _Feed(iter(lines))
    rows = _read_cells(feed)
    header = _read_header(rows, feed, columns)
    layout = Layout(header, columns)
    for row in rows:
        if isinstance(row, Row):
            yield row
        elif any(map(str.strip, row)):
            yield _make_row(layout, row, feed)


class _Feed:
    """Hands lines to csv.reader and remembers which of them make up the row being read."""

    def __init__(self, lines: Iterator[Line | Row]) -> None:
        self._lines = lines
        self._again: deque[Line | Row] = deque()
        self._read_bytes = self._reread_bytes = 0
        self.held: list[Line] = []
        """The lines of the row being read."""
        self.held_bytes = 0
        self.bad: Row | None = None
        """A bad row in the place where the next row would begin."""

    def begin(self) -> None:
        """Begin a new row."""
        self.held = []
        self.held_bytes = 0
        self.bad = None

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._next_line()
        if self.held and (isinstance(line, Row) or self.held_bytes + line.size_bytes > _LONGEST_ROW_BYTES):
            # It ends the row that it would be part of, and comes again as the beginning of the next.
            self._again.appendleft(line)
            raise StopIteration
        if isinstance(line, Row):
            self.bad = line
            raise StopIteration
        self.held.append(line)
        self.held_bytes += line.size_bytes
        return line.text

    def _next_line(self) -> Line | Row:
        line = next(self._lines)
        self._read_bytes += line.size_bytes
        return line

    def fall_back(self) -> list[Line]:
        """Give up the row being read: return its first line, and have the others read again."""
        again_bytes = self.held_bytes - self.held[0].size_bytes
        if self._reread_bytes + again_bytes > _REREAD_SHARE * self._read_bytes + _REREAD_BYTES:
            return self.held
        self._reread_bytes += again_bytes
        self._again.extendleft(reversed(self.held[1:]))
        return self.held[:1]


def _read_cells(feed: _Feed) -> Iterator[list[str] | Row]:
    # Strict, since the lenient reader joins what comes after a closing quote to the cell, and takes the rest
    # of a file into a cell whose quote is missing.
    reader = csv.reader(feed, strict=True)
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            if feed.bad is None:
                return
            yield feed.bad
        except csv.Error as exc:
            yield _malformed(feed.fall_back(), str(exc))
        else:
            yield cells


def _read_header(rows: Iterator[list[str] | Row], feed: _Feed, columns: Columns | None) -> list[str]:
    """Return the names in the header, or raise what is wrong with it."""
    first = next((row for row in rows if isinstance(row, Row) or any(map(str.strip, row))), None)
    if first is None:
        raise FileProblem("it is empty. A CSV file begins with a header that names its columns.")
    if isinstance(first, Row):
        why = f"{first.problem.reason}. {first.problem.remedy}" if first.problem else ""
        raise FileProblem(f"its header cannot be read: it {why}", line=first.line)
    header = [name.strip() for name in first]
    wrong = judge_header(header, columns)
    if wrong:
        raise FileProblem(" ".join(wrong), line=feed.held[0].number)
    return header


def _make_row(layout: Layout, cells: Sequence[str], feed: _Feed) -> Row:
    if len(cells) != len(layout.header):
        reason = f"has {len(cells)} cells, the header {len(layout.header)}"
        return _bad(feed.held, reason, "Put each cell that holds a comma, a quote or a line end in quotes.")
    try:
        item = layout.make_item(cells)
    except BadJson as exc:
        return _bad(feed.held, str(exc), "Write the array as JSON, each quote in it twice.")
    return Row(feed.held[0].number, feed.held_bytes, item, None)


def _malformed(held: Sequence[Line], words: str) -> Row:
    reason = next((ours for part, ours in _REASONS.items() if part in words), "cannot be read as CSV")
    return _bad(held, reason, "Write a quote inside a quoted cell twice, and close each quoted cell.")


def _bad(held: Sequence[Line], reason: str, remedy: str) -> Row:
    if len(held) > 1:
        reason = f"{reason} (lines {held[0].number} to {held[-1].number})"
    text = "".join(line.text for line in held).rstrip("\r\n")
    return bad_row(held[0].number, sum(line.size_bytes for line in held), text, reason, remedy)
