"""The archive's folder: of one owner, closed to others, with a file for each day."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import time
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import ArchiveFailed, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.damaged-\d{1,6})?\.jsonl\.gz", re.ASCII)
_LOCK = ".lock"
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_OTHERS = 0o077
_LOCK_WAIT_S = 30.0
"""A process holds the lock for one append."""
_LOCK_AGAIN_S = 0.01


class Folder:
    """The folder while it is open. All is done below its file descriptor, wherever its path leads meanwhile.

    Args:
        path: What a person called it.
        fd: The open folder; closed with this.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.notices: list[Problem] = []
        """What was put right, or could not be read."""
        self._fd = fd

    @classmethod
    def to_write(cls, path: Path) -> Self:
        """Open the folder, make it where it is missing, and close it to others.

        Raises ArchiveFailed where it belongs to another user, or is open to others and holds anything else.
        """
        try:
            path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as exc:
            raise _failed(path, exc) from exc
        folder = cls.to_read(path)
        try:
            folder.claim()
        except BaseException:
            folder.close()
            raise
        return folder

    @classmethod
    def to_read(cls, path: Path) -> Self:
        """Open a folder that is there; raises ArchiveFailed where none is, or it may not be read."""
        try:
            return cls(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        except OSError as exc:
            raise _failed(path, exc) from exc

    def close(self) -> None:
        """Close it."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def files(self) -> list[tuple[date, str]]:
        """Return days and names of the archive's files, oldest first; a day may have several."""
        found = ((day_of(name), name) for name in self._names())
        return sorted((day, name) for day, name in found if day is not None)

    @contextmanager
    def opened(self, name: str, *, writes: bool = False) -> Iterator[int]:
        """Open one of its files, by its own name and never through a link; `writes` makes a missing one.

        Raises ArchiveFailed where it cannot be opened or is not a file of this user's.
        """
        flags = os.O_RDWR | os.O_CREAT if writes else os.O_RDONLY
        # Where the name leads to a pipe, opening it would wait for somebody to write.
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            fd = os.open(name, flags, _FILE_MODE, dir_fd=self._fd)
        except OSError as exc:
            raise _failed(self.path / name, exc) from exc
        try:
            self._check_file(name, os.fstat(fd), fd, writes=writes)
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process write here meanwhile."""
        with self.opened(_LOCK, writes=True) as fd:
            self._wait_for_lock(fd)
            # Closing the file gives the lock back.
            yield

    def sync(self) -> None:
        """Have the names of its files on the disk."""
        os.fsync(self._fd)

    def set_aside(self, name: str) -> str:
        """Rename a file that is not whole, and return its new name. It is still read, and not written."""
        day = name[: len("2026-11-28")]
        taken = set(self._names())
        number = next(n for n in range(1, 1_000_000) if f"{day}.damaged-{n}.jsonl.gz" not in taken)
        new = f"{day}.damaged-{number}.jsonl.gz"
        os.rename(name, new, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        self.sync()
        return new

    def remove_before(self, first: date) -> list[str]:
        """Remove the archive's files of days before this one, and return their names; nothing else goes."""
        gone = []
        with self.locked():
            for day, name in self.files():
                if day < first and self._is_own(name):
                    try:
                        os.unlink(name, dir_fd=self._fd)
                    except OSError as exc:
                        raise _failed(self.path / name, exc) from exc
                    gone.append(name)
        return gone

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._fd)  # noqa: PTH208  the open folder, not what its path leads to now
        except OSError as exc:
            raise _failed(self.path, exc) from exc

    def _is_own(self, name: str) -> bool:
        with suppress(FileNotFoundError):
            found = os.stat(name, dir_fd=self._fd, follow_symlinks=False)
            return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        return False

    def claim(self) -> None:
        """Close it to others; raises ArchiveFailed where it is not this user's, or has another use."""
        found = os.fstat(self._fd)
        if found.st_uid != os.geteuid():
            raise ArchiveFailed(
                f"{self.path} belongs to another user (number {found.st_uid}). Run this as that user, or "
                "name a folder of your own."
            )
        if not found.st_mode & _OTHERS:
            return
        others = [name for name in self._names() if name != _LOCK and day_of(name) is None]
        if others:
            raise ArchiveFailed(
                f"{self.path} is open to other users and holds other things than an archive. Name a folder "
                f"of its own, or close it: chmod 700 {self.path}"
            )
        os.fchmod(self._fd, _FOLDER_MODE)

    def _check_file(self, name: str, found: os.stat_result, fd: int, *, writes: bool) -> None:
        path = self.path / name
        if not stat.S_ISREG(found.st_mode):
            raise ArchiveFailed(f"{path} is not a file. Move it away: the archive writes a file there.")
        if not writes:
            return
        if found.st_uid != os.geteuid():
            raise ArchiveFailed(
                f"{path} belongs to another user (number {found.st_uid}). Give it to the owner of its folder."
            )
        if found.st_mode & _OTHERS:
            os.fchmod(fd, _FILE_MODE)

    def _wait_for_lock(self, fd: int) -> None:
        until_s = elapsed_s() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if elapsed_s() > until_s:
                    raise ArchiveFailed(
                        f"Another process has held {self.path / _LOCK} for {_LOCK_WAIT_S:.0f} s. Look what "
                        "it waits for, such as a disk that does not answer."
                    ) from None
            except OSError as exc:
                raise _failed(self.path / _LOCK, exc) from exc
            else:
                return
            time.sleep(_LOCK_AGAIN_S)


def name_of(day: date) -> str:
    """Return the name of a day's file."""
    return f"{day.isoformat()}.jsonl.gz"


def day_of(name: str) -> date | None:
    """Return the day of a file, None where it is not one of the archive."""
    found = _NAME.fullmatch(name)
    with suppress(ValueError):
        return date.fromisoformat(found[1]) if found else None
    return None


def _failed(path: Path, exc: OSError) -> ArchiveFailed:
    return ArchiveFailed(f"{path}: {exc.strerror or type(exc).__name__}. {_remedy(exc)}")


def _remedy(exc: OSError) -> str:
    if isinstance(exc, FileNotFoundError):
        return "Check the path."
    if isinstance(exc, (PermissionError, FileExistsError, NotADirectoryError)):
        return "Name a folder that this user may write, or correct its rights."
    # What the system says of a link that is not to be followed.
    if exc.errno == errno.ELOOP:
        return "The archive is a folder with files of its own in it, and no links."
    return "Look at the disk, or name a folder on another; it goes on where it was."
