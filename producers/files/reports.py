"""Reports: how far an import is and what became of its rows, in numbers, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import FileChanged, GroupClosed, PlexsendError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.producers.files.rejects import Reject
    from plexsend.producers.submissions import Remark


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is."""

    rows_done: int
    bytes_done: int
    bytes_total: int
    added: int
    duplicates: int
    conflicts: int
    invalid: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file's rows; each row is counted in one of the first four."""

    added: int
    """New messages; of a check, rows that are valid."""
    duplicates: int
    conflicts: int
    invalid: int
    warnings: int
    replacements: int
    rejected_path: Path | None
    """The file of invalid rows and those in conflict; None where there are none or no file was asked for."""

    @property
    def rows(self) -> int:
        """All rows that were answered."""
        return self.added + self.duplicates + self.conflicts + self.invalid


@dataclass(frozen=True, slots=True)
class Listeners:
    """What an import calls while it runs."""

    on_progress: Callable[[Progress], None] | None
    on_reject: Callable[[Reject], None] | None
    on_remark: Callable[[Remark], None] | None


class ImportInterrupted(PlexsendError):
    """An import that stopped between its rows: what was answered before remains, as `report` counts it.

    `cause` is an OutboxError (run the import again), or a FileProblem (the file changed, or the rejected rows
    could not be written).
    """

    def __init__(self, cause: Exception, report: ImportReport, last_line: int) -> None:
        self.cause = cause
        self.report = report
        self.last_line = last_line
        """Line of the last row that was answered."""
        counts = f"{cause} {report.rows} rows were answered before ({report.added} added). "
        super().__init__(counts + self._remedy())

    def _remedy(self) -> str:
        again = "Run the import again: what was added is then a duplicate."
        if isinstance(self.cause, GroupClosed):
            return f"{again} What was cancelled with the group stays cancelled."
        if not isinstance(self.cause, FileChanged):
            return again
        # To import all of it again would send every row again, under the keys of the new content.
        return (
            "The changed file is another file, whose rows would all be sent again: import only what comes "
            f"after line {self.last_line} of it, as a file of its own."
        )
