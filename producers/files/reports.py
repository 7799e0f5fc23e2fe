"""Reports: how far an import is and what became of its rows, in numbers, however many there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.errors import GroupClosed, ImportRefused, PlexsendError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plexsend.outbox.states import State
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
    changed: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file's rows; each row is counted in one of the first four, or in `changed`."""

    added: int
    """New messages; of a check, rows that are valid."""
    duplicates: int
    conflicts: int
    invalid: int
    warnings: int
    replacements: int
    rejected_path: Path | None
    """The file of rows that are invalid, in conflict or held back; None where there are none or no file was
    asked for."""
    changed: int = 0
    """Rows that are held back: their receivers got others of an earlier import of this name."""
    never_sent: Mapping[State, int] = field(default_factory=dict)
    """Of the duplicates: how many are in a state in which they are not sent any more, without having been."""
    lost_zeros: int = 0
    """Of the invalid rows: those with a number that lacks its leading 0, which can be put back."""
    has_advertisements: bool = False
    """Whether any row that is not invalid is an advertisement."""
    encoding: str = "utf-8"
    """How the file was read."""

    @property
    def rows(self) -> int:
        """All rows that were answered."""
        return self.added + self.duplicates + self.conflicts + self.invalid + self.changed


@dataclass(frozen=True, slots=True)
class Listeners:
    """What an import calls while it runs."""

    on_progress: Callable[[Progress], None] | None
    on_reject: Callable[[Reject], None] | None
    on_remark: Callable[[Remark], None] | None


class ImportInterrupted(PlexsendError):
    """An import that stopped between its rows: what was answered before remains, as `report` counts it.

    `cause` is an OutboxError (run the import again), a FileProblem (the file changed, or the rejected rows
    could not be written), or an ImportRefused (rows before had keys of their own).
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
        if isinstance(self.cause, ImportRefused):
            return "Say which it is, and run the import again."
        return again
