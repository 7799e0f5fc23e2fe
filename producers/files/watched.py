"""Watched files: regular files whose change is noticed while they are read."""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING

from plexsend.errors import FileChanged, FileProblem

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import WriteableBuffer


class WatchedFile(io.FileIO):
    """A file whose change is noticed before what was read is handed out.

    A row that is read while somebody writes to it may end in the middle, and be valid all the same.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._first = self._look()

    @property
    def size_bytes(self) -> int:
        """The size when it was opened."""
        return self._first[0]

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read, or raise FileChanged where the file is not what it was."""
        count = super().readinto(buffer)
        if self._look() != self._first:
            raise FileChanged("it changed while it was read. Wait until nobody writes to it any more.")
        return count or 0

    def _look(self) -> tuple[int, int]:
        status = os.fstat(self.fileno())
        return status.st_size, status.st_mtime_ns


def open_watched(path: Path) -> WatchedFile:
    """Open a regular file. Raises FileProblem, with a remedy, where it is not one or may not be read."""
    try:
        # Judged before it is opened: a pipe would block here until somebody writes to it.
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise FileProblem("it is a directory. Name a file in it.")
        if not stat.S_ISREG(mode):
            raise FileProblem(
                "it is not a regular file, and it is read twice. Save its content to a file first."
            )
        return WatchedFile(path)
    except FileNotFoundError as exc:
        raise FileProblem("there is no such file. Check the path.") from exc
    except PermissionError as exc:
        raise FileProblem("this user may not read it. Grant it with chmod, or run as another user.") from exc
