"""Files for their owner alone: there whole or not at all, and never in the place of another unasked."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV})
"""What file systems without hard links answer."""

_REMEDIES = {
    errno.ENOENT: "Make its folder first, or name another file.",
    errno.ENOSPC: "Make room there, or name another file.",
}
"""What a person does about it, where it is not just to name another one."""


def require_free(target: Path, *, remedy: str) -> None:
    """Raise UsageError where there is something at the path already; `remedy` says what a person can do."""
    if target.exists() or target.is_symlink():
        raise UsageError(f"{target} is there already. {remedy}")


@contextmanager
def private_file(target: Path, *, encoding: str = "utf-8", overwrites: bool = False) -> Iterator[TextIO]:
    """Open a text to be written, which is at the path once the block ends, and nowhere where that fails.

    Line ends are written as they are. What has no form in the encoding, such as half a character, becomes a
    question mark.

    Args:
        target: Where it goes.
        encoding: Of the text.
        overwrites: Whether it may take the place of a file. UsageError is raised where it may not.

    Raises FileProblem where it cannot be written.
    """
    # What is not a file, such as a device, is not replaced by one.
    if target.exists() and not target.is_file():
        raise UsageError(f"{target} is not a file. Name another one.")
    try:
        # mkstemp gives its file to the owner alone; in the same folder it takes its place in one step.
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    except OSError as exc:
        raise not_written(target, exc) from exc
    try:
        with os.fdopen(descriptor, "w", encoding=encoding, errors="replace", newline="") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        _put(Path(name), target, overwrites=overwrites)
    except OSError as exc:
        raise not_written(target, exc) from exc
    finally:
        Path(name).unlink(missing_ok=True)


def _put(written: Path, target: Path, *, overwrites: bool) -> None:
    if overwrites:
        written.replace(target)
        return
    try:
        # Unlike a check before it, a link never takes the place of what appeared meanwhile.
        target.hardlink_to(written)
    except FileExistsError as exc:
        raise UsageError(f"{target} is there already. Name another file, or remove it.") from exc
    except OSError as exc:
        if exc.errno not in _NO_LINKS:
            raise
        require_free(target, remedy="Name another file, or remove it.")
        written.replace(target)


def not_written(target: Path, exc: OSError) -> FileProblem:
    """Return the error for a file that a disk did not take, with what a person can do."""
    why = exc.strerror or type(exc).__name__
    remedy = _REMEDIES.get(exc.errno or 0, "Name another file.")
    return FileProblem(f"{target}: it cannot be written: {why}. {remedy}")
