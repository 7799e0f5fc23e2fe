"""A folder that processes on several hosts share: do they see the same one, and can it be used from here?

A small file in it tells it from others, whoever looks. Two hosts on which a path leads to different disks, or
on one of which nothing is mounted there, so see different files.
"""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem, UsageError
from plexsend.private_files import private_file

if TYPE_CHECKING:
    from pathlib import Path

ID_FILE = ".folder-id"
_FOLDER_MODE = 0o700
_ID_BYTES = 8
_PROBE = ".probe-"


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """What a process sees of a folder."""

    id: str = ""
    """Tells it from others; empty where it cannot be used."""
    trouble: str = ""
    """Why it cannot be, in few words of the system: `Permission denied`."""

    @property
    def words(self) -> str:
        """What a process says of it, to be compared with what others say."""
        return self.id or f"cannot use it: {self.trouble}"


def look_at_folder(root: Path) -> FolderSeen:
    """Return what tells a folder from others; made, for its owner alone, where it is missing."""
    path = root / ID_FILE
    try:
        root.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
        if not path.exists():
            # Of two that come first at once one makes it.
            with suppress(UsageError), private_file(path) as file:
                file.write(secrets.token_hex(_ID_BYTES))
        # Whatever it holds: it is the same for who sees the same file.
        return FolderSeen(blake2b(path.read_bytes(), digest_size=_ID_BYTES).hexdigest())
    except (OSError, FileProblem) as exc:
        return FolderSeen(trouble=_words(exc))


def probe_folder(root: Path) -> str:
    """Write a file into a folder, read it, and remove it; return why that failed, empty where it did not."""
    path = root / f"{_PROBE}{socket.gethostname()}-{os.getpid()}"
    written = secrets.token_hex(_ID_BYTES)
    try:
        with private_file(path, overwrites=True) as file:
            file.write(written)
        try:
            found = path.read_text("ascii", "replace")
        finally:
            path.unlink(missing_ok=True)
    except (OSError, FileProblem) as exc:
        return _words(exc)
    return "" if found == written else "what was written there is not what is read"


def _words(exc: OSError | FileProblem) -> str:
    cause = exc if isinstance(exc, OSError) else exc.__cause__
    return getattr(cause, "strerror", None) or type(cause or exc).__name__
