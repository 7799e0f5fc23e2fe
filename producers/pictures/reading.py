"""Reading a picture's file, or saying why it cannot be one."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from plexsend.errors import Problem
from plexsend.gateway.pictures.failures import PictureRefused

if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

_MOST_BYTES = 100_000_000
"""More than any camera of a phone makes; a larger file is not read."""


def read_picture(path: Path, *, folder: Path | None = None) -> bytes:
    """Return the content of a picture's file; raises PictureRefused where it cannot be read.

    `folder`: that of the rows that name it, which is said instead of the path: in a row whose cells are mixed
    up the path may be anybody's text or number.
    """
    where = f": {path}" if folder is None else f" (looked for from {folder})"
    try:
        # Judged before it is opened: a pipe would block here until somebody writes to it.
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            _refuse(f"is a folder{where}", "Name a picture in it.")
        if not stat.S_ISREG(found.st_mode):
            _refuse(f"is not a regular file{where}", "Save the picture to a file first.")
        if found.st_size > _MOST_BYTES:
            reason = f"takes {found.st_size:,} bytes, and more than {_MOST_BYTES:,} are not read{where}"
            _refuse(reason, "Name a picture.")
        return path.read_bytes()
    except FileNotFoundError:
        _refuse(f"names a file that does not exist{where}", "Check the path.")
    except (OSError, ValueError) as exc:
        # ValueError: a path with a NUL character.
        why = getattr(exc, "strerror", None) or "the path is not valid"
        _refuse(f"names a file that cannot be read ({why}){where}", "Check the path and its rights.")


def _refuse(reason: str, remedy: str) -> NoReturn:
    raise PictureRefused([Problem("file", reason, remedy)])
