"""Sources: the bytes of a list, from a file or a pipe, packed or not, as often as they are needed."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from plexsend.errors import FileProblem
from plexsend.producers.files.watched import open_watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer, SupportsRead, WriteableBuffer

_BLOCK_BYTES: Final = 1_000_000
_GZIP: Final = b"\x1f\x8b"
MOST_RATIO: Final = 200
"""How many times its size a packed list may unpack to. Lists of people have 3 to 20 times."""
_FREE_BYTES: Final = 10_000_000
"""A packed list may unpack to this much whatever its size is."""


class ListSource:
    """A list's bytes. One pass at a time; close it (it is a context manager).

    Args:
        given: A path, or a stream, which is copied to a file that nobody else sees.
        name: What the list is called in errors.

    Raises FileProblem where it cannot be read.
    """

    def __init__(self, given: str | os.PathLike[str] | SupportsRead[bytes], name: str) -> None:
        self.name = name
        self._raw: io.FileIO | BinaryIO
        with self.named():
            if isinstance(given, (str, os.PathLike)):
                watched = open_watched(Path(given))
                self._raw, self.size_bytes = watched, watched.size_bytes
            else:
                self._raw = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  closed in close()
        try:
            with self.named():
                if not isinstance(given, (str, os.PathLike)):
                    shutil.copyfileobj(given, self._raw, _BLOCK_BYTES)
                    self.size_bytes = self._raw.tell()
                self.is_packed = self._begin(4).startswith(_GZIP)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    @property
    def read_bytes(self) -> int:
        """How far the pass that goes on has read, of `size_bytes`."""
        return self._raw.tell()

    def open(self) -> io.BufferedReader[Any]:
        """Begin a pass: return the unpacked bytes from the first on. Errors are named by `named`."""
        self._raw.seek(0)
        shared = io.BufferedReader(_Shared(self._raw), _BLOCK_BYTES)
        if not self.is_packed:
            return shared
        return io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=shared), self.size_bytes), _BLOCK_BYTES)

    def unpacked(self) -> ListSource:
        """Return a source of the unpacked bytes, which can be jumped about in; this one is closed."""
        with self.named(), self.open() as stream:
            unpacked = ListSource(stream, self.name)
        self.close()
        return unpacked

    def begin(self, count: int) -> bytes:
        """Return the first unpacked bytes."""
        with self.named(), self.open() as stream:
            return stream.read(count)

    def _begin(self, count: int) -> bytes:
        self._raw.seek(0)
        return self._raw.read(count) or b""

    @contextmanager
    def named(self) -> Iterator[None]:
        """Put the list's name in front of what is wrong with it."""
        try:
            yield
        except FileProblem as exc:
            raise type(exc)(f"{self.name}: {exc}", line=exc.line) from exc.__cause__
        except (zlib.error, gzip.BadGzipFile, EOFError) as exc:
            raise FileProblem(
                f"{self.name}: it is damaged, and unpacks in part only. Pack it again."
            ) from exc
        except (OSError, ValueError) as exc:
            why = getattr(exc, "strerror", None) or "the path is not valid"
            raise FileProblem(
                f"{self.name}: it cannot be read: {why}. Name another, or let it be read."
            ) from exc


class _Shared(io.RawIOBase):
    """A file that outlives those who read it."""

    def __init__(self, raw: io.FileIO | BinaryIO) -> None:
        self._raw = raw

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be jumped about in, as spreadsheets need it."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Jump."""
        return self._raw.seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read on."""
        return self._raw.readinto(buffer) or 0  # type: ignore[union-attr]  # BinaryIO lacks it


class _Unpacked(io.RawIOBase):
    """What a packed file unpacks to, as long as that is not far more than lists do."""

    def __init__(self, packed: gzip.GzipFile, size_bytes: int) -> None:
        self._packed = packed
        self._left_bytes = _FREE_BYTES + MOST_RATIO * size_bytes

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read on; FileProblem where it has become too much."""
        view = memoryview(buffer).cast("B")
        found: ReadableBuffer = self._packed.read(min(len(view), _BLOCK_BYTES))
        count = len(memoryview(found))
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise FileProblem(
                f"it unpacks to more than {MOST_RATIO} times its size, as no list of people does. "
                "Unpack it yourself and look at it."
            )
        view[:count] = found
        return count

    def close(self) -> None:
        """Close the packed file too."""
        self._packed.close()
        super().close()
