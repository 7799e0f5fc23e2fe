"""CSV: a header of field names, then a row for each item; quoted cells may hold line ends.

A field inside another is named with dots (`msg.body.title`), and a cell for an array of objects holds JSON.

A quote that never ends would make the rest of the file one row. So a row that cannot be read costs its first
line alone: the lines after it are read again, as rows of their own.

A row may have fewer or more empty cells at its end, as spreadsheets and people write them.
"""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem
from plexsend.gateway.strict_json import BadJson
from plexsend.producers.files.columns import judge_header
from plexsend.producers.files.layout import Layout
from plexsend.producers.files.quotes import COMMA, is_loose, tighten
from plexsend.producers.files.rows import Row, bad_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.producers.files.columns import Columns
    from plexsend.producers.files.lines import Line

_RECEIVER = "receiver_number"

_FEWEST_DIGITS = 8
"""A cell with fewer digits holds no number that receives."""

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


@dataclass(frozen=True, slots=True)
class CellRow:
    """The cells of one row, whatever the header says."""

    line: int
    """Line on which the row begins, 1 the first of the file."""
    size_bytes: int
    cells: list[str]
    line_count: int = 1
    """Lines that it takes: a quoted cell may hold line ends."""


def read_cells(lines: Iterable[Line | Row], separator: str = COMMA) -> Iterator[CellRow | Row]:
    """Yield the cells of each row, those of a header too; rows whose cells are all blank are left out.

    Args:
        lines: The lines of the file.
        separator: The character between two cells.
    """
    feed = _Feed(iter(lines), separator)
    for row in _split(feed):
        if isinstance(row, Row):
            yield row
        elif _says_something(row):
            yield CellRow(feed.held[0].number, _size_bytes(feed.held), row, len(feed.held))


def read_table(lines: Iterable[Line | Row], columns: Columns | None) -> Iterator[Row]:
    """Yield a row for each row below the header; rows whose cells are all blank are left out.

    Args:
        lines: The lines of the file.
        columns: What the header may and must name; None takes any header without doubled names.

    Raises:
        FileProblem: before the first row, where the header is missing or wrong.
    """
    feed = _Feed(iter(lines))
    rows = _split(feed)
    header = _read_header(rows, feed, columns)
    body = _Rows(header, columns)
    for row in rows:
        if isinstance(row, Row):
            yield from body.release()
            yield row
        elif any(map(str.strip, row)):
            yield from body.take(row, feed.held)
    yield from body.release()


class _Rows:
    """Makes rows of cells. A row that is too short waits for the next one, which may be the rest of it.

    Args:
        header: The headings of the columns.
        columns: What there can be; None: no row may be short.
    """

    def __init__(self, header: list[str], columns: Columns | None) -> None:
        self._written = header
        header = self._header = _name_columns(header, columns)
        self._layout = Layout(header, columns)
        self._needed = None if columns is None else 1 + max(map(header.index, columns.required), default=-1)
        """How many cells a row has at least; None: as many as the header."""
        self._receiver = header.index(_RECEIVER) if columns is not None and _RECEIVER in header else None
        self._short: tuple[list[str], list[Line]] | None = None

    def take(self, cells: list[str], held: list[Line]) -> list[Row]:
        """Return the rows that are known to be whole, or not, now that this one is there."""
        # The first line of a second file that was joined to this one is not a message.
        repeated = cells[0].strip() == self._written[0] and [cell.strip() for cell in cells] == self._written
        if repeated and self._needed is not None:
            return []
        if self._needed is not None and self._needed <= len(cells) < len(self._header):
            known = self.release(cells)
            self._short = cells, held
            return known
        if self._short is None:
            return [self._make_row(cells, held)]
        return [*self.release(cells), self._make_row(cells, held)]

    def release(self, following: Sequence[str] | None = None) -> list[Row]:
        """Return the short row that waits, by the cells of the row behind it; None: they are not known."""
        if self._short is None:
            return []
        cells, held = self._short
        self._short = None
        if following is not None and not self._has_receiver(following):
            reason = f"has {len(cells)} cells, the header {len(self._header)}; the next row has no receiver"
            return [_bad(held, reason, "Put a cell that holds a line end in quotes.")]
        missing = len(self._header) - len(cells)
        return [self._make_row([*cells, *[""] * missing], held)]

    def _has_receiver(self, cells: Sequence[str]) -> bool:
        """Return whether a row can be one of its own: a text that was broken off goes on without a number."""
        at = self._receiver
        return at is None or (at < len(cells) and sum(map(str.isdigit, cells[at])) >= _FEWEST_DIGITS)

    def _make_row(self, cells: Sequence[str], held: list[Line]) -> Row:
        if len(cells) > len(self._header) and not any(map(str.strip, cells[len(self._header) :])):
            cells = cells[: len(self._header)]
        if len(cells) != len(self._header):
            reason = f"has {len(cells)} cells, the header {len(self._header)}"
            return _bad(held, reason, "Put each cell that holds a comma, a quote or a line end in quotes.")
        try:
            item = self._layout.make_item(cells)
        except BadJson as exc:
            return _bad(held, str(exc), "Write the array as JSON, each quote in it twice.")
        return Row(held[0].number, _size_bytes(held), item, None)


class _Feed:
    """Hands lines to csv.reader and remembers which of them make up the row being read."""

    def __init__(self, lines: Iterator[Line | Row], separator: str = COMMA) -> None:
        self._lines = lines
        self.separator = separator
        self._again: deque[Line | Row] = deque()
        self._read_bytes = self._reread_bytes = 0
        self.held: list[Line] = []
        """The lines of the row being read."""
        self.held_bytes = 0
        self.bad: Row | None = None
        """A bad row in the place where the next row would begin."""
        # Of the row being read: lines looked through for quotes, and whether a quoted cell goes on behind.
        self._looked_through = 0
        self._quoted = False

    def begin(self) -> None:
        """Begin a new row."""
        self.held = []
        self.held_bytes = self._looked_through = 0
        self.bad = None
        self._quoted = False

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
        return self._tighten() if is_loose(line.text, self.separator) else line.text

    def _tighten(self) -> str:
        """Return the last line without the blanks around its quoted cells."""
        text = ""
        for line in self.held[self._looked_through :]:
            text, self._quoted = tighten(line.text, quoted=self._quoted, separator=self.separator)
        self._looked_through = len(self.held)
        return text

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


def _split(feed: _Feed) -> Iterator[list[str] | Row]:
    # Strict, since the lenient reader joins what comes after a closing quote to the cell, and takes the rest
    # of a file into a cell whose quote is missing.
    reader = csv.reader(feed, strict=True, delimiter=feed.separator)
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
    """Return the headings as they are written, or raise what is wrong with them."""
    first = next((row for row in rows if isinstance(row, Row) or _says_something(row)), None)
    if first is None:
        raise FileProblem("it is empty. A CSV file begins with a header that names its columns.")
    if isinstance(first, Row):
        why = f"{first.problem.reason}. {first.problem.remedy}" if first.problem else ""
        raise FileProblem(f"its header cannot be read: it {why}", line=first.line)
    header = [name.strip() for name in first]
    wrong = judge_header(_name_columns(header, columns), columns)
    if wrong:
        raise FileProblem(" ".join(wrong), line=feed.held[0].number)
    return header


def _name_columns(header: list[str], columns: Columns | None) -> list[str]:
    return header if columns is None else [columns.named(heading) for heading in header]


def _says_something(cells: Sequence[str]) -> bool:
    # Excel reads a first line `sep=,` as the separator, and some programs write it.
    return any(map(str.strip, cells)) and cells != ["sep=", ""]


def _malformed(held: Sequence[Line], words: str) -> Row:
    reason = next((ours for part, ours in _REASONS.items() if part in words), "cannot be read as CSV")
    return _bad(held, reason, "Write a quote inside a quoted cell twice, and close each quoted cell.")


def _bad(held: Sequence[Line], reason: str, remedy: str) -> Row:
    if len(held) > 1:
        reason = f"{reason} (lines {held[0].number} to {held[-1].number})"
    text = "".join(line.text for line in held).rstrip("\r\n")
    return bad_row(held[0].number, _size_bytes(held), text, reason, remedy)


def _size_bytes(held: Sequence[Line]) -> int:
    return held[0].size_bytes if len(held) == 1 else sum(line.size_bytes for line in held)
