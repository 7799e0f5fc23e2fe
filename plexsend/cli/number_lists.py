"""Lists of numbers of `plexsend suppress`: a company's own files, read and marked."""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING, Any

from plexsend.cli.number_columns import find_columns, normalised, say_columns
from plexsend.cli.suppressing import GivenNumber, read_number
from plexsend.errors import FileProblem, Problem, UsageError
from plexsend.private_files import private_file
from plexsend.spreadsheets import ENCODING, cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from plexsend.outbox.suppression import Suppression
    from plexsend.producers.files.rows import Row
    from plexsend.producers.files.table import CellRow
    from plexsend.terminal.moments import WallClock

PAGE = 500
"""Rows that are in memory at once."""


class NumberList:
    """A company's own list: a table with a column of numbers, or one number a line.

    Args:
        path: The file.
        encoding: `utf-8` or `cp949`; None: whichever of them it is in.
        column: What its column of numbers is called; None: as such columns are mostly called.

    Raises FileProblem where it cannot be read, or has no column of numbers.
    """

    def __init__(self, path: Path, encoding: str | None = None, column: str | None = None) -> None:
        self.path = path
        self._encoding = encoding
        self._column = column
        self.is_detected = False
        """Whether it was found to be in another encoding than UTF-8, once it is read."""
        self.chosen = ""
        """Which of several columns that may hold numbers is read; empty: there are not several."""
        self.size_bytes = 0
        """Of the file, once it is read."""
        self.read_bytes = 0
        """What was read of it so far."""
        self.header: list[str] = []
        """The names of its columns, once it is read."""

    def pages(self) -> Iterator[list[tuple[GivenNumber, list[str]]]]:
        """Yield up to 500 numbers at a time, each with the cells of its row."""
        rows = self._rows()
        while page := list(islice(rows, PAGE)):
            yield page

    def _rows(self) -> Iterator[tuple[GivenNumber, list[str]]]:
        from plexsend.producers.files.lines import Encoding
        from plexsend.producers.files.row_file import open_rows
        from plexsend.producers.files.rows import Row

        # One number a line is a table of one column, so any text is read as one.
        with open_rows(self.path, fmt="csv", encoding=self._encoding) as file:
            self.is_detected = self._encoding is None and file.encoding is not Encoding.UTF_8
            self.size_bytes = file.size_bytes
            place = -1
            for row in file.cells():
                self.read_bytes += row.size_bytes
                if place < 0:
                    place, is_header = self._read_first(row)
                    if is_header:
                        continue
                if isinstance(row, Row):
                    yield _unread(row), [(row.text or "").replace("\n", " ")]
                else:
                    yield self._read(row, place)
            if place < 0:
                raise FileProblem(f"{self.path}: it is empty.")

    # Returns the place of the column, and whether the row is the header.
    def _read_first(self, row: CellRow | Row) -> tuple[int, bool]:
        from plexsend.producers.files.rows import Row

        cells = [] if isinstance(row, Row) else [cell.strip() for cell in row.cells]
        if self._column is None and self._may_begin(cells):
            self.header = ["number"]
            return 0, False
        if isinstance(row, Row):
            raise FileProblem(f"{self.path}: its first line {_words(row)}")
        self.header = cells
        places, others = self._places()
        if len(places) != 1:
            raise FileProblem(f"{self.path}: {say_columns(self.header, places, self._column)}")
        self.chosen = self.header[places[0]] if others else ""
        return places[0], True

    # One column needs no name: a table may begin with a number, and a text with anything.
    def _may_begin(self, cells: Sequence[str]) -> bool:
        if len(cells) > 1 or find_columns(cells)[0]:
            return False
        is_table = self.path.suffix.lower() == ".csv"
        return not is_table or (bool(cells) and not read_number(cells[0], "").problem)

    def _places(self) -> tuple[list[int], bool]:
        if self._column is None:
            return find_columns(self.header)
        wanted = normalised(self._column)
        return [place for place, name in enumerate(self.header) if normalised(name) == wanted], False

    def _read(self, row: CellRow, place: int) -> tuple[GivenNumber, list[str]]:
        count, where = len(self.header), f"line {row.line}"
        cells = [*row.cells, *[""] * (count - len(row.cells))]
        if any(map(str.strip, cells[count:])):
            reason = f"has {len(cells)} cells, the first line {count}"
            remedy = "Put each cell that holds a comma, a quote or a line end in quotes."
            return GivenNumber(where, problem=Problem(where, reason, remedy)), [" ".join(cells)]
        return read_number(cells[place].strip(), where), cells[:count]


def _words(row: Row) -> str:
    return f"{row.problem.reason}. {row.problem.remedy}" if row.problem else "cannot be read."


def _unread(row: Row) -> GivenNumber:
    place = f"line {row.line}"
    reason, remedy = (row.problem.reason, row.problem.remedy) if row.problem else ("cannot be read", "")
    return GivenNumber(place, problem=Problem(place, reason, remedy))


def write_marked(
    numbers: NumberList,
    target: Path,
    look: Callable[[list[str]], Iterable[Sequence[Suppression]]],
    clock: WallClock,
    *,
    only: Callable[[Suppression], bool] = lambda _: True,
    report: Callable[[int, Problem | None], None],
) -> int:
    """Write a company's list anew, with what is known of each number behind its row, and return how many.

    It is there whole or not at all, and readable by its owner alone, since it holds numbers.

    Args:
        numbers: The list.
        target: Where to.
        look: Returns what is known of numbers.
        clock: For the times in it.
        only: Which suppressions count.
        report: Called for each row: how many rows so far, and what is wrong with its number.
    """
    if target.exists() and target.resolve() == numbers.path.resolve():
        raise UsageError(f"{target} is the list itself. Name another file with --output.")
    with private_file(target, encoding=ENCODING, overwrites=True) as file:
        return _write_rows(csv.writer(file), numbers, look, clock, only=only, report=report)


def _write_rows(
    writer: Any,
    numbers: NumberList,
    look: Callable[[list[str]], Iterable[Sequence[Suppression]]],
    clock: WallClock,
    *,
    only: Callable[[Suppression], bool],
    report: Callable[[int, Problem | None], None],
) -> int:
    count = marked = 0
    for page in numbers.pages():
        if not count:
            writer.writerow([*numbers.header, *MARKED])
        found = iter(list(look([number.digits for number, _ in page if not number.problem])))
        for number, cells in page:
            count += 1
            report(count, number.problem)
            if number.problem:
                padded = [*cells, *[""] * (len(numbers.header) - len(cells))]
                writer.writerow([*padded, f"not read: {number.problem.reason}", *[""] * (len(MARKED) - 1)])
                continue
            counting = [one for one in next(found) if only(one)]
            marked += bool(counting)
            writer.writerow([*cells, *_marks(counting, clock)])
    if not count:
        writer.writerow([*numbers.header, *MARKED])
    return marked


MARKED = ("suppressed", "scope", "since", "source", "by", "why")
"""The columns that are put behind those of a company's list."""


def _marks(found: Sequence[Suppression], clock: WallClock) -> list[str]:
    if not found:
        return [""] * len(MARKED)
    columns = zip(*(mark_cells(one, clock) for one in found), strict=True)
    # A reason may come from outside.
    return [cell(" | ".join(dict.fromkeys(cells))) for cells in columns]


def mark_cells(one: Suppression, clock: WallClock) -> list[str]:
    """Return a suppression's cells: kind, scope, since, source, by, why."""
    return [
        str(one.kind),
        one.scope or "account",
        clock.cell_of_hour(one.since_ms),
        str(one.origin.source),
        one.origin.by,
        one.origin.why,
    ]
