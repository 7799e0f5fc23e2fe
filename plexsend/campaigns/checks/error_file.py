"""The file of errors: rows that are not sent, in the user's own columns, with reason and remedy."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.campaigns.checks.own_files import own_file
from plexsend.campaigns.checks.row_judge import column_of
from plexsend.spreadsheets import cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from plexsend.campaigns.checks.row_judge import InvalidRow

OWN = ("row", "line", "column", "reason", "remedy")
"""Columns in front of the user's own."""


class ErrorFile:
    """Writes rows that are not sent, a line for each thing that is wrong.

    Args:
        file: Where to.
        header: The user's own columns.
    """

    def __init__(self, file: TextIO, header: Sequence[str]) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow([*OWN, *map(cell, header)])

    def write(self, invalid: InvalidRow) -> None:
        """Write a row. It counts from 1 here, as people do."""
        own = list(map(cell, invalid.cells))
        for problem in invalid.problems:
            words = (column_of(problem), problem.reason, problem.remedy)
            self._writer.writerow([invalid.row + 1, invalid.line, *words, *own])


@contextmanager
def error_file(path: Path, header: Sequence[str]) -> Iterator[ErrorFile]:
    """Open the file of errors; raises as `own_file` does."""
    with own_file(path, OWN) as file:
        yield ErrorFile(file, header)
