"""UTF-16, as spreadsheets write "Unicode text": read as UTF-8, line by line as any other list."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK_BYTES: Final = 262_144
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_LEAST_SHARE: Final = 20
"""One byte of so many is 0 in UTF-16 at least: a line end or a separator has one."""
_UTF_32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_BAD_BYTE: Final = b"\xff"
"""In no UTF-8: a line with it is refused for what it is."""


def utf_16_of(beginning: bytes) -> str | None:
    """Return which UTF-16 a file is, by its first bytes; None: it is something else.

    Without a mark it shows by its line ends, separators and digits, whose other byte is 0.
    """
    if beginning.startswith(_UTF_32):
        return None
    for mark, name in _MARKS.items():
        if beginning.startswith(mark):
            return name
    low, high = beginning[::2].count(0), beginning[1::2].count(0)
    # A damaged text may hold one as well.
    if (low + high) * _LEAST_SHARE <= len(beginning):
        return None
    return "utf-16-le" if high > low else "utf-16-be"


class Transcoded(io.RawIOBase):
    """A stream of UTF-16 as UTF-8. What is wrong in it is wrong in its line alone.

    Args:
        stream: The bytes.
        name: `utf-16-le` or `utf-16-be`.
    """

    def __init__(self, stream: io.BufferedReader, name: str) -> None:
        self._stream = stream
        # A half of a pair becomes what no UTF-8 has, so that its line is refused and no other.
        self._decoder = codecs.getincrementaldecoder(name)("surrogatepass")
        self._rest = b""
        self._has_ended = False

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read on."""
        while not self._rest and not self._has_ended:
            self._rest = self._read_on()
        view = memoryview(buffer).cast("B")
        found = self._rest[: len(view)]
        self._rest = self._rest[len(view) :]
        view[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Close the stream too."""
        self._stream.close()
        super().close()

    def _read_on(self) -> bytes:
        raw = self._stream.read(_BLOCK_BYTES)
        self._has_ended = not raw
        try:
            return self._decoder.decode(raw, final=not raw).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            # Half of a letter at its end.
            return _BAD_BYTE
