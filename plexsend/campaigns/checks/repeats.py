"""Repeats: rows whose number came before, each with the line that is written to in its place.

Which numbers came before a bitmap knows; where they came first is looked up at the end, in a file without a
name that has the number and line of each row. So memory stays flat.
"""

from __future__ import annotations

import csv
import json
import tempfile
from array import array
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.campaigns.checks.own_files import own_file
from plexsend.campaigns.checks.seen_numbers import SeenNumbers
from plexsend.spreadsheets import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from plexsend.campaigns.checks.row_judge import JudgedChunk, ListedRow

COLUMNS = ("row", "line", "first line")
"""In front of the user's own."""
_SHOWN = 10
"""Rows that are kept to be shown."""
_IN_MEMORY_BYTES = 1_000_000
_AT_ONCE = 50_000
"""Rows whose first lines are looked up together."""


@dataclass(frozen=True, slots=True)
class RepeatedRow:
    """A row that is left out, since its number came before."""

    line: int
    first_line: int
    """The line of the row with its number that is written to."""


class Repeats:
    """Finds rows whose number came before. One thread uses it.

    Args:
        keeps_rows: Whether all of them are wanted with their cells; otherwise the first ones, to be shown.
    """

    def __init__(self, *, keeps_rows: bool) -> None:
        self._seen = SeenNumbers()
        self._numbers = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115  closed by `close`
        self._rows = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115  the same
        self._sizes: list[int] = []
        self._first: list[tuple[int, int]] = []
        self._keeps_rows = keeps_rows
        self._read: deque[Sequence[ListedRow]] = deque()

    def close(self) -> None:
        """Forget everything."""
        self._numbers.close()
        self._rows.close()

    def watch(self, chunks: Iterable[Sequence[ListedRow]]) -> Iterator[Sequence[ListedRow]]:
        """Yield the chunks that are judged, and keep those whose answers are not there yet."""
        for chunk in chunks:
            if self._keeps_rows:
                self._read.append(chunk)
            yield chunk

    def find(self, judged: JudgedChunk) -> list[int]:
        """Return the places of the rows of a chunk whose number came before; chunks come in their order."""
        rows = self._read.popleft() if self._keeps_rows else ()
        numbers, lines = judged.receivers, judged.lines
        repeated = self._seen.repeated(numbers)
        self._sizes.append(len(numbers))
        self._numbers.write(numbers.tobytes() + lines.tobytes())
        self._first += ((numbers[at], lines[at]) for at in repeated[: _SHOWN - len(self._first)])
        for place in repeated if rows else ():
            kept = (numbers[place], judged.first_row + place, lines[place], rows[place][2])
            self._rows.write(json.dumps(kept).encode() + b"\n")
        return repeated

    def first_ones(self) -> list[RepeatedRow]:
        """Return the first rows that were found."""
        lines = self._first_lines({number for number, _ in self._first})
        return [RepeatedRow(line, lines[number]) for number, line in self._first]

    def write(self, path: Path, header: Sequence[str]) -> None:
        """Write all rows that were found into a file, in the user's own columns."""
        self._rows.seek(0)
        with own_file(path, COLUMNS) as file:
            writer = csv.writer(file)
            writer.writerow([*COLUMNS, *map(cell, header)])
            while some := [json.loads(line) for line in islice(self._rows, _AT_ONCE)]:
                lines = self._first_lines({number for number, *_ in some})
                writer.writerows(
                    [row + 1, line, lines[number], *map(cell, cells)] for number, row, line, cells in some
                )

    def _first_lines(self, wanted: set[int]) -> dict[int, int]:
        """Return number → the line in which it came first."""
        found: dict[int, int] = {}
        left = set(wanted)
        self._numbers.seek(0)
        for size in self._sizes if left else ():
            numbers, lines = (array("Q", self._numbers.read(8 * size)) for _ in range(2))
            if not left.isdisjoint(numbers):
                for number, line in zip(numbers, lines, strict=True):
                    if number in left:
                        left.remove(number)
                        found[number] = line
                if not left:
                    break
        return found
