"""Rows of recipients."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from plexsend.campaigns.recipients.mending import mend_number
from plexsend.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.producers.files.rows import Row

ROW = "row"
"""Named as the field where a problem is the row's as a whole."""

_BY_COMMAND = re.compile(r"import the file itself with --encoding (\S+) \(\S+\)")
"""What the reader of lines says to those who import messages."""

_FEWEST_DIGITS = 8
"""A cell with fewer digits holds no number that receives."""


# Named tuples, since a million of them are made: one costs a quarter of a frozen dataclass.
class RecipientRow(NamedTuple):
    """One row below the header."""

    number: int
    """0 the first."""
    line: int
    """As a spreadsheet program numbers its rows, 1 the first of the file; of JSON Lines the line."""
    cells: tuple[str, ...]
    """As many as the header has, also where there is a problem: then what can be shown of it."""
    problem: Problem | None = None
    """Why it cannot be read."""
    mended: bool = False
    """Whether a 0 was put back in front of its number, or `.0` taken from its end."""

    def __repr__(self) -> str:
        """Return it without its cells, which are somebody's."""
        return f"RecipientRow(number={self.number}, line={self.line}, problem={self.problem})"


class RawRow(NamedTuple):
    """One row before it is fitted to the header."""

    line: int
    cells: Sequence[str]
    problem: Problem | None = None

    def __repr__(self) -> str:
        """Return it without its cells, which are somebody's."""
        return f"RawRow(line={self.line}, problem={self.problem})"


def unread(line: int, row: Row) -> RawRow:
    """Return a row that cannot be read, its remedy in the words of a list of recipients."""
    problem = row.problem
    if problem is not None:
        remedy = _BY_COMMAND.sub(r'give the list encoding = "\1"', problem.remedy)
        problem = Problem(problem.field, problem.reason, remedy, problem.written)
    return RawRow(line, [row.text or ""], problem)


def fit_rows(rows: Iterable[RawRow], header: Sequence[str], receiver: int | None) -> Iterator[RecipientRow]:
    """Yield rows as wide as their header, with mended numbers; a header that is repeated is left out.

    A row that is too short waits for the next one, which may be the rest of it: an unquoted line end inside
    of a cell breaks a row into two.

    Args:
        rows: The rows below the header, without blank ones.
        header: The names of the columns.
        receiver: Which column holds the numbers that are written to; None: not known.
    """
    width, number = len(header), 0
    waiting: RawRow | None = None
    repeated = list(header)
    for row in rows:
        line, cells, problem = row
        # Nearly all rows are like this, and there may be a million of them.
        if problem is None and waiting is None and receiver is not None and len(cells) == width:
            written = cells[receiver].strip()
            if written[:1] == "0" and "." not in written:
                yield RecipientRow(number, line, tuple(cells))
                number += 1
                continue
        if waiting is not None:
            yield _fit(_judge_short(waiting, row, width, receiver), number, width, receiver)
            number, waiting = number + 1, None
        if [cell.strip() for cell in cells] == repeated:
            continue
        if problem is None and len(cells) < width:
            waiting = row
            continue
        yield _fit(row, number, width, receiver)
        number += 1
    if waiting is not None:
        yield _fit(waiting, number, width, receiver)


def _judge_short(row: RawRow, following: RawRow, width: int, receiver: int | None) -> RawRow:
    if receiver is None or following.problem is not None:
        return row
    cells = following.cells
    if receiver < len(cells) and sum(map(str.isdigit, cells[receiver])) >= _FEWEST_DIGITS:
        return row
    reason = f"has {len(row.cells)} cells, the header {width}; the next row has no number"
    return RawRow(row.line, row.cells, Problem(ROW, reason, "Put a cell that holds a line end in quotes."))


def _fit(row: RawRow, number: int, width: int, receiver: int | None) -> RecipientRow:
    cells, problem = row.cells, row.problem
    if len(cells) > width:
        if problem is None and any(map(str.strip, cells[width:])):
            reason = f"has {len(cells)} cells, the header {width}"
            problem = Problem(
                ROW, reason, "Put each cell that holds a separator, a quote or a line end in quotes."
            )
        cells = cells[:width]
    elif len(cells) < width:
        cells = [*cells, *[""] * (width - len(cells))]
    if problem is not None or receiver is None:
        return RecipientRow(number, row.line, tuple(cells), problem)
    written = cells[receiver].strip()
    meant = mend_number(written)
    if meant is written:
        return RecipientRow(number, row.line, tuple(cells))
    mended = (*cells[:receiver], meant, *cells[receiver + 1 :])
    return RecipientRow(number, row.line, mended, None, mended=True)
