"""Files of items: opened, named by their content, and read row by row in bounded memory."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from plexsend.errors import FileProblem, UsageError
from plexsend.producers.files.beginning import SPREADSHEETS, Exchanged, read_beginning
from plexsend.producers.files.encodings import encoding_of
from plexsend.producers.files.jsonl import read_objects
from plexsend.producers.files.lines import Encoding, read_lines
from plexsend.producers.files.table import read_cells, read_table
from plexsend.producers.files.watched import open_watched

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from plexsend.producers.files.columns import Columns
    from plexsend.producers.files.lines import Line
    from plexsend.producers.files.rows import Row
    from plexsend.producers.files.table import CellRow

_BLOCK_BYTES = 1_000_000

_OLD_HASH_CHARACTERS = 24


class Format(StrEnum):
    """How a file holds its items; the values are the extensions."""

    JSONL = "jsonl"
    CSV = "csv"


def open_rows(
    path: str | os.PathLike[str],
    *,
    fmt: str | None = None,
    encoding: str | None = Encoding.UTF_8,
    columns: Columns | None = None,
) -> RowFile:
    """Open a file of items and read all of it once, for its hash and its encoding.

    Args:
        path: A regular file: it is read twice, so it cannot be a pipe.
        fmt: `jsonl` or `csv`; None: as the extension says.
        encoding: `utf-8` or `cp949`; None: whichever of them it is in. Byte order marks of UTF-8 are left
            out.
        columns: What a CSV header may and must name; None takes any names.

    Raises:
        UsageError: for a format or an encoding that is not known.
        FileProblem: the file cannot be read.
    """
    path = Path(path)
    chosen = None if encoding is None else _choose_encoding(encoding)
    return RowFile(path, _choose_format(path, fmt), chosen, columns)


class RowFile:
    """An open file of items. Iterate over it once, and close it (it is a context manager).

    Raises FileProblem, when made or while read, where the file as a whole cannot be used: among others a CSV
    header that is wrong, or a change of the file since it was opened. A Row says what is wrong with its row.
    """

    def __init__(self, path: Path, fmt: Format, encoding: Encoding | None, columns: Columns | None) -> None:
        self._path = path
        self.format = fmt
        self._columns = columns
        with self._named():
            self._raw = open_watched(path)
        self._stream: io.BufferedReader[Any] = io.BufferedReader(self._raw, _BLOCK_BYTES)
        try:
            with self._named():
                hashed = _Hashed(self._stream)
                self.encoding = encoding_of(hashed) if encoding is None else encoding
                """How its text is written."""
                self._hash = hashed.digest()
                self._stream.seek(0)
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    @property
    def size_bytes(self) -> int:
        """The size of the whole file."""
        return self._raw.size_bytes

    @property
    def digest(self) -> str:
        """A hash of the whole content."""
        return self._hash

    def old_key(self, line: int) -> str:
        """Return the `msg_key` that versions before 0.4.0 gave a row without one, by content and line."""
        return f"{self._hash[:_OLD_HASH_CHARACTERS]}-{line}"

    def __iter__(self) -> Iterator[Row]:
        with self._named():
            lines = self._read_lines()
            if self.format is Format.CSV:
                yield from read_table(lines, self._columns)
            else:
                yield from read_objects(lines)

    def cells(self) -> Iterator[CellRow | Row]:
        """Yield the cells of each row of a table, in place of items: nothing is asked of a header."""
        with self._named():
            yield from read_cells(self._read_lines())

    def _read_lines(self) -> Iterator[Line | Row]:
        exchanged = read_beginning(self._stream, self.encoding, is_table=self.format is Format.CSV)
        if exchanged:
            self._stream = io.BufferedReader(Exchanged(self._stream), _BLOCK_BYTES)
        return read_lines(self._stream, self.encoding, exchanged=exchanged)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Put the file's name in front of what is wrong with it."""
        try:
            yield
        except FileProblem as exc:
            raise type(exc)(f"{self._path}: {exc}", line=exc.line) from exc.__cause__
        except (OSError, ValueError) as exc:
            # ValueError: a path with a NUL character.
            why = getattr(exc, "strerror", None) or "the path is not valid"
            raise FileProblem(f"{self._path}: it cannot be read: {why}.") from exc


class _Hashed:
    """A stream of which all that is read is hashed."""

    def __init__(self, stream: io.BufferedReader[Any]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """Read so many bytes at most; all that are left where it is negative."""
        block = self._stream.read(size)
        self._hash.update(block)
        return block

    def digest(self) -> str:
        """Return the hash of the whole stream, to whose end it reads."""
        while self.read(_BLOCK_BYTES):
            pass
        return self._hash.hexdigest()


def _choose_format(path: Path, fmt: str | None) -> Format:
    name = path.suffix.lower().removeprefix(".") if fmt is None else fmt
    try:
        return Format(name)
    except ValueError:
        known = " or ".join(Format)
        if fmt is not None:
            raise UsageError(f"There is no format {fmt!r}. Name {known}.") from None
        if path.suffix.lower() in SPREADSHEETS:
            raise UsageError(
                f"{path} is a spreadsheet. Save it as CSV UTF-8 in the spreadsheet program first."
            ) from None
        raise UsageError(
            f"The extension of {path} does not show its format. Name the format: {known} (--format, fmt)."
        ) from None


def _choose_encoding(encoding: str) -> Encoding:
    try:
        return Encoding(encoding.lower())
    except ValueError:
        raise UsageError(f"There is no encoding {encoding!r} here. Name {' or '.join(Encoding)}.") from None
