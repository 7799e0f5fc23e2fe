"""Beginnings: what a file's first bytes say of it, before any of its rows is read."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from plexsend.errors import FileProblem
from plexsend.producers.files.lines import EXCHANGED, MARK, Encoding

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_UTF_8_MARK = MARK.encode()
_FOREIGN_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}

_SAVE_AS_CSV = "Open it in the spreadsheet program and save it as CSV UTF-8."
_FOREIGN_FILES = (
    (b"PK\x03\x04", "a spreadsheet (.xlsx, .ods) or another zip archive", _SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0", "an old Office document (.xls)", _SAVE_AS_CSV),
    (b"\x1f\x8b", "packed (gzip)", "Unpack it first."),
    (b"%PDF", "a PDF document", "Export the table itself, as CSV UTF-8."),
    (b"{\\rtf", "a formatted text (RTF)", "Save it as plain text, UTF-8."),
    (b"<", "a web page or XML, as some programs name .xls or .csv", _SAVE_AS_CSV),
)
"""First bytes → what such a file is, and what to do. No table and no JSON begins like this."""

SPREADSHEETS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers"})
"""Extensions of files that only a spreadsheet program reads."""

_FIRST_END = re.compile(rb"\r\r\n|\r\n|\r|\n")


def read_beginning(stream: io.BufferedReader, encoding: Encoding, *, is_table: bool) -> bool:
    """Skip the byte order mark; return whether a carriage return alone ends the file's lines.

    A file that is no table and no JSON Lines, or in another encoding than the given one, is a FileProblem.
    """
    start = stream.peek(4)[:4]
    foreign = next((name for mark, name in _FOREIGN_MARKS.items() if start.startswith(mark)), None)
    if foreign is not None:
        raise FileProblem(f"it is {foreign}, as its first bytes say. Save it as UTF-8.")
    if start.startswith(_UTF_8_MARK) and encoding is not Encoding.UTF_8:
        raise FileProblem(
            f"it is UTF-8, as its first bytes say, and not {encoding}. Name the encoding utf-8."
        )
    if start.startswith(_UTF_8_MARK):
        stream.read(len(_UTF_8_MARK))
    seen = stream.peek(1)
    for first, what, remedy in _FOREIGN_FILES:
        if seen.startswith(first):
            raise FileProblem(f"it is {what}, as its first bytes say. {remedy}")
    ends = _FIRST_END.search(seen)
    if ends is None or ends[0] != b"\r":
        return False
    # A header has none inside it, so the first one of a table is the end of a line. JSON may have one between
    # its parts, and text in it none at all.
    return is_table or b"\n" not in seen


class Exchanged(io.RawIOBase):
    """A stream with its two characters of line ends exchanged: what looks for lines looks for one of them."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read, and exchange."""
        view = memoryview(buffer).cast("B")
        found = self._stream.read1(len(view)).translate(EXCHANGED)
        view[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Close the stream too."""
        self._stream.close()
        super().close()
