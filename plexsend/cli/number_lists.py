"""Lists of numbers of `plexsend suppress`: a company's own files, read and marked."""

from __future__ import annotations

import csv
import os
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plexsend.cli.suppressing import GivenNumber, read_number
from plexsend.errors import FileProblem, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from plexsend.outbox.suppression import Suppression
    from plexsend.terminal.moments import WallClock

COLUMNS = (
    *("receiver_number", "number", "phone", "to", "mobile"),
    *("번호", "전화번호", "휴대폰", "휴대폰번호", "휴대전화", "수신번호", "수신자번호", "연락처"),
)
"""What the column of numbers is called in a company's list; letters of any case, blanks left out."""
PAGE = 500
"""Rows that are in memory at once."""


class NumberList:
    """A company's own list: a CSV file with a column of numbers, or a text file with one number a line.

    Args:
        path: The file.
        encoding: `utf-8` or `cp949`; None: whichever of them it is in.

    Raises FileProblem where it cannot be read, or has no column of numbers.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self._encoding = encoding
        self.is_detected = False
        """Whether it was found to be in another encoding than UTF-8, once it is read."""
        self._is_table = path.suffix.lower() == ".csv"
        self.size_bytes = 0
        """Of the file, once it is read."""
        self.read_bytes = 0
        """What was read of it so far."""
        self.header: list[str] = []
        """The names of its columns, once it is read."""

    def pages(self) -> Iterator[list[tuple[GivenNumber, list[str]]]]:
        """Yield up to 500 numbers at a time, each with the cells of its row."""
        encoding = self._encoding or self._detect()
        rows = self._table_rows(encoding) if self._is_table else self._text_rows(encoding)
        while page := list(islice(rows, PAGE)):
            yield page

    def _detect(self) -> str:
        from plexsend.producers.files.encodings import detect_encoding
        from plexsend.producers.files.lines import Encoding

        # What is no file at all is refused where it is opened; a pipe would wait here for somebody.
        found = detect_encoding(self.path) if self.path.is_file() else Encoding.UTF_8
        self.is_detected = found is not Encoding.UTF_8
        return found

    def _table_rows(self, encoding: str) -> Iterator[tuple[GivenNumber, list[str]]]:
        from plexsend.producers.files.row_file import open_rows

        with open_rows(self.path, fmt="csv", encoding=encoding) as file:
            self.size_bytes = file.size_bytes
            column = ""
            for row in file:
                if not column:
                    self.header = self._read_header(encoding)
                    column = self._column()
                self.read_bytes += row.size_bytes
                place = f"line {row.line}"
                if row.item is None or row.problem is not None:
                    problem = row.problem or Problem(place, "is not a row", "")
                    text = [(row.text or "").replace("\n", " ")]
                    yield GivenNumber(place, problem=Problem(place, problem.reason, problem.remedy)), text
                    continue
                cells = [str(row.item.get(name, "")) for name in self.header]
                yield read_number(cells[self.header.index(column)].strip(), place), cells
            if not column:
                self.header = self._read_header(encoding)
                self._column()

    # The rows know their cells by the names of the columns, without those that are empty.
    def _read_header(self, encoding: str) -> list[str]:
        name = "utf-8-sig" if encoding == "utf-8" else encoding
        # More than the header is decoded at once: a later line that is in no encoding is its own affair.
        with self.path.open(encoding=name, errors="replace", newline=None) as file:
            for cells in csv.reader(file):
                if any(map(str.strip, cells)) and cells != ["sep=", ""]:
                    return [cell.strip() for cell in cells]
        return []

    def _column(self) -> str:
        found = [name for name in self.header if "".join(name.split()).lower() in COLUMNS]
        if len(found) != 1:
            which = "has no column of numbers" if not found else "has several columns of numbers"
            raise FileProblem(
                f"{self.path}: it {which} in its first line. Name one of them: {', '.join(COLUMNS[:8])} …"
            )
        return found[0]

    def _text_rows(self, name: str) -> Iterator[tuple[GivenNumber, list[str]]]:
        from plexsend.producers.files.beginning import read_beginning
        from plexsend.producers.files.lines import Encoding, Line, read_lines

        self.header = ["number"]
        encoding = Encoding(name)
        try:
            stream = self.path.open("rb")
        except (OSError, ValueError) as exc:
            why = getattr(exc, "strerror", None) or "the path is not valid"
            raise FileProblem(f"{self.path}: it cannot be read: {why}.") from exc
        with stream:
            self.size_bytes = os.fstat(stream.fileno()).st_size
            try:
                read_beginning(stream, encoding, is_table=False)
            except FileProblem as exc:
                raise FileProblem(f"{self.path}: {exc}") from exc
            for line in read_lines(stream, encoding):
                self.read_bytes += line.size_bytes
                if not isinstance(line, Line):
                    place, found = f"line {line.line}", line.problem
                    reason, remedy = (found.reason, found.remedy) if found else ("cannot be read", "")
                    yield GivenNumber(place, problem=Problem(place, reason, remedy)), [line.text or ""]
                elif words := line.text.strip():
                    yield read_number(words, f"line {line.number}"), [words]


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
    try:
        # Made with 0600, in the same folder: so that it can take its place in one step.
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as exc:
        raise FileProblem(f"{target}: it cannot be written: {exc.strerror}.") from exc
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
            marked = _write_rows(csv.writer(file), numbers, look, clock, only=only, report=report)
        Path(name).replace(target)
    except OSError as exc:
        raise FileProblem(f"{target}: it cannot be written: {exc.strerror}.") from exc
    finally:
        Path(name).unlink(missing_ok=True)
    return marked


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
    return [_plain(" | ".join(dict.fromkeys(cells))) for cells in columns]


# A reason may come from outside, and spreadsheets calculate what begins like this.
def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


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
