"""Rejected rows: a file beside the imported one in which a person mends them.

Each line is `{"line", "msg_key", "errors": [{"field", "reason", "remedy"}], "row", "import", "run"}`. Such a
file can be imported too: `row` is then the item, under the `msg_key` beside it, and a row of the run of the
import that is named (both are missing where a file was only checked).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from plexsend.errors import FileProblem, Problem, UsageError
from plexsend.producers.files.rows import Row, bad_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIX = ".rejected.jsonl"
_UNFINISHED = ".rejected."
"""The name of a file of rejects begins with this until it is whole."""
_NAMES = frozenset({"line", "msg_key", "errors", "row"})
_NAMES_OF_A_RUN = _NAMES | {"import", "run"}


@dataclass(frozen=True, slots=True)
class ImportRef:
    """The run of an import that a rejected row belongs to."""

    name: str
    """Of the import."""
    run: str


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that was not added, with everything that is wrong with it."""

    line: int
    msg_key: str
    errors: tuple[Problem, ...]
    """The name that `problems` had, and that the file of rejects keeps."""
    row: dict[str, Any] | str | None = field(repr=False)
    """The item; or the row's text where there is no item; None where it was too long to keep."""
    ref: ImportRef | None = None
    """The run that rejected it; None of a check."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with it."""
        return self.errors


class RejectFile:
    """Takes rejects, and puts all of them in place at once at the end.

    Until then they are in a file without a name in the same directory, which no crash leaves behind; a file
    from an earlier import stays as it is. Readable by its owner alone, since rows hold phone numbers.

    Args:
        path: Where the rejects go. FileProblem where nothing can be written there.
        rooted: Makes of a row one that means the same in another folder; None: they go beside their file.
    """

    def __init__(self, path: Path, rooted: Callable[[dict[str, Any]], dict[str, Any]] | None = None) -> None:
        self._path = path
        self._rooted = rooted
        self._count = 0
        with self._named():
            if path.exists() and not path.is_file():
                raise FileProblem(
                    f"{path} is in the way: rejected rows go there. Name another file for them."
                )
            self._file = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115  closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What is not in place by now is not wanted, so an error in writing it does not matter.
        with suppress(OSError):
            self._file.close()

    def write(self, reject: Reject) -> None:
        """Take one more."""
        if self._rooted is not None and isinstance(reject.row, dict):
            reject = replace(reject, row=self._rooted(reject.row))
        with self._named():
            self._file.write(_encode(reject) + b"\n")
        self._count += 1

    def put_in_place(self, *, complete: bool) -> Path | None:
        """Make the rejects the file at the path, and return it; None where there are none.

        Args:
            complete: Whether all rows were seen. Then a file from an earlier import is removed where there
                are no rejects now.
        """
        with self._named():
            if self._count:
                self._replace()
                return self._path
            if complete:
                self._path.unlink(missing_ok=True)
        return None

    def _replace(self) -> None:
        self._file.seek(0)
        # mkstemp, as TemporaryFile above, gives its file to the owner alone. Its name is short, however long
        # the path's is: a name too long only here would fail an import whose rows were all added.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=_UNFINISHED)
        try:
            with open(handle, "wb") as copy:  # noqa: PTH123  a handle, not a path
                shutil.copyfileobj(self._file, copy)
                copy.flush()
                os.fsync(handle)
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise FileProblem(
                f"Rejected rows cannot be written to {self._path}: {exc.strerror}. "
                "Make room, give the right to write there, or name another file for them."
            ) from exc


def choose_path(path: Path, rejected_path: str | os.PathLike[str] | None) -> Path:
    """Return where the rejects of a file go: the path given, else beside it; never the file itself."""
    chosen = Path(f"{path}{SUFFIX}" if rejected_path is None else rejected_path)
    try:
        same = path.exists() and chosen.exists() and chosen.samefile(path)
    except OSError as exc:
        raise FileProblem(
            f"{path}: it, or {SUFFIX} beside it, cannot be looked at: {exc.strerror}. "
            "Give the file a shorter name, or name another file for rejected rows."
        ) from exc
    if same:
        raise UsageError(f"{path} is the file to be read: name another one for the rejected rows.")
    return chosen


def unwrap(row: Row) -> tuple[Row, str | None, ImportRef | None]:
    """Return the mended row, its key and its run where a row is a line of a file of rejects.

    Of any other row its key and its run are None.
    """
    reject = row.item
    if reject is None or reject.keys() not in (_NAMES, _NAMES_OF_A_RUN):
        return row, None, None
    item, msg_key = reject["row"], reject["msg_key"]
    name, run = reject.get("import"), reject.get("run")
    ref = ImportRef(name, run) if isinstance(name, str) and isinstance(run, str) else None
    if not isinstance(msg_key, str):
        msg_key = None
    if isinstance(item, dict):
        return Row(row.line, row.size_bytes, item, None), msg_key, ref
    bad = bad_row(
        row.line,
        row.size_bytes,
        item if isinstance(item, str) else None,
        "is a rejected row that holds no item yet",
        'Write the item as an object into its "row".',
    )
    return bad, msg_key, ref


def _encode(reject: Reject) -> bytes:
    errors = [{"field": each.field, "reason": each.reason, "remedy": each.remedy} for each in reject.errors]
    value = {"line": reject.line, "msg_key": reject.msg_key, "errors": errors, "row": reject.row}
    if reject.ref is not None:
        value |= {"import": reject.ref.name, "run": reject.ref.run}
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half a character, which JSON can spell and UTF-8 cannot.
        return json.dumps(value).encode()
