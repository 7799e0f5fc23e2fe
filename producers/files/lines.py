"""Lines of a file, one at a time: after a line that cannot be read the next is read all the same."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from plexsend.producers.files.rows import Row, bad_row

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE_BYTES = 1_000_000
"""A line above this is skipped without being held. The largest valid item takes less than a tenth."""

_ENDS = "\r\n"

MARK = "\ufeff"
"""The byte order mark. Inside a file it is left over from joining two of them, and shows nothing."""

EXCHANGED = bytes.maketrans(b"\r\n", b"\n\r")
"""Where a carriage return alone ends a line, both line ends are exchanged while lines are looked for."""

_SKIP_BYTES = 65_536
"""How much of a line that is too long is in memory at once."""


class Encoding(StrEnum):
    """How a file's text is written. Both are read strictly: nothing is guessed or replaced."""

    UTF_8 = "utf-8"
    CP949 = "cp949"
    """EUC-KR as Windows and Korean spreadsheets write it."""


_NAMES = {Encoding.UTF_8: "UTF-8", Encoding.CP949: "cp949"}
_OTHER = {Encoding.UTF_8: Encoding.CP949, Encoding.CP949: Encoding.UTF_8}


class Line:
    """One line: its text, its line end included."""

    __slots__ = ("number", "size_bytes", "text")

    def __init__(self, number: int, size_bytes: int, text: str) -> None:
        self.number = number
        self.size_bytes = size_bytes
        self.text = text


def read_lines(stream: BinaryIO, encoding: Encoding, *, exchanged: bool = False) -> Iterator[Line | Row]:
    r"""Yield each line, or a bad row where it cannot be read. Lines end in `\n`, as no character does.

    Args:
        stream: The bytes of the file.
        encoding: How its text is written.
        exchanged: Whether `stream` gives `\n` for each `\r` of the file, and the other way round.
    """
    number = 0
    while raw := stream.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if len(raw) > LONGEST_LINE_BYTES:
            yield _skip(stream, number, raw)
            continue
        if exchanged:
            raw = raw.translate(EXCHANGED)
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as exc:
            yield _undecodable(number, raw, encoding, exc.start)
            continue
        if "\0" in text:
            yield bad_row(
                number,
                len(raw),
                text.rstrip(_ENDS),
                f"holds a NUL character at position {text.index(chr(0)) + 1}",
                "Text has no such character: check whether the file is damaged, or is UTF-16.",
            )
            continue
        yield Line(number, len(raw), text.replace(MARK, "") if MARK in text else text)


def _skip(stream: BinaryIO, number: int, raw: bytes) -> Row:
    size_bytes = len(raw)
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(_SKIP_BYTES)
        size_bytes += len(raw)
    return bad_row(
        number,
        size_bytes,
        None,
        f"takes {size_bytes} bytes, and lines are read up to {LONGEST_LINE_BYTES}",
        "No message is that long: check whether a line end is missing.",
    )


def _undecodable(number: int, raw: bytes, encoding: Encoding, start: int) -> Row:
    other = _OTHER[encoding]
    return bad_row(
        number,
        len(raw),
        raw.decode(encoding, "backslashreplace").rstrip(_ENDS),
        f"is not {_NAMES[encoding]} (byte 0x{raw[start]:02X} at place {start + 1})",
        f"Correct the line; or, if the whole file is {_NAMES[other]}, import the file itself with "
        f"--encoding {other} (encoding='{other}').",
    )
