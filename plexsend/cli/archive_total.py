"""What writing the archive has done so far, for its report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.archive.archiver import Written


@dataclass(slots=True)
class ArchiveTotal:
    """What was written so far."""

    lines: int = 0
    repeated: int = 0
    entries: int = 0
    unreadable: int = 0
    files: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    missed: list[dict[str, object]] = field(default_factory=list)

    def add(self, written: Written) -> None:
        """Add a span."""
        self.lines += written.lines
        self.repeated += written.repeated
        self.entries += written.entries
        self.unreadable += written.unreadable
        self.files |= written.files

    def facts(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "written": self.lines,
            "repeated": self.repeated,
            "unreadable": self.unreadable,
            "files": sorted(self.files),
            "removed": self.removed,
            "missed": self.missed,
        }
