"""Files in the folder of a run: each is whole on the disk before it has its name."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.errors import PlexsendError

if TYPE_CHECKING:
    from pathlib import Path

SETTING = "PLEXSEND_CAMPAIGN_DIR"
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


class CampaignFolderFailed(PlexsendError):
    """The folder of a campaign's run cannot be used; the text says which file, why, and what to do."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file below a folder that is there: under another name, synced, renamed, the folder synced.

    A process that is killed in between leaves what was there before, and perhaps a file that nothing names.
    Raises OSError.
    """
    # Of this process alone: two that write the same file write two.
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with suppress(FileNotFoundError):
            new.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(new, flags, _FILE_MODE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
        sync_folder(path.parent)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it, closed to others. One that is there stays as it is. OSError."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(_FOLDER_MODE, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have the names of a folder's files on the disk. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def folder_failed(path: Path, exc: OSError) -> CampaignFolderFailed:
    """Return the error for what a disk answered."""
    return CampaignFolderFailed(f"{path}: {exc.strerror or type(exc).__name__}. {_remedy(exc)}")


def _remedy(exc: OSError) -> str:
    if isinstance(exc, (PermissionError, FileExistsError, NotADirectoryError)) or exc.errno == errno.EROFS:
        return f"{SETTING} must name a folder that this user may write: correct its rights, or name another."
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"Make room on that disk, or let {SETTING} name a folder on another; then do the same again."
    return f"Look at the disk, or let {SETTING} name a folder on another; then do the same again."
