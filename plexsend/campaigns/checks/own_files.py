"""Files that a check writes in the user's own columns: for their owner alone, never in place of a list."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem, UsageError
from plexsend.private_files import private_file
from plexsend.spreadsheets import ENCODING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO


@contextmanager
def own_file(path: Path, begins: Sequence[str]) -> Iterator[TextIO]:
    """Open a file that holds numbers: for its owner alone; there whole or not at all.

    `begins`: the columns in front of the user's own.

    Raises FileProblem where it cannot be written. One that is there is replaced where a check wrote it;
    UsageError is raised where it is anything else, such as a list of recipients.
    """
    if path.is_file() and path.stat().st_size and not _is_of_a_check(path, begins):
        raise UsageError(f"{path} is there already, and was not written by a check. Name another file.")
    with private_file(path, encoding=ENCODING, overwrites=True) as file:
        yield file


def _is_of_a_check(path: Path, begins: Sequence[str]) -> bool:
    begin = ",".join(begins).encode(ENCODING)
    try:
        with path.open("rb") as file:
            return file.read(len(begin)) == begin
    except OSError as exc:
        raise FileProblem(f"{path}: it cannot be read: {exc.strerror or type(exc).__name__}.") from exc
