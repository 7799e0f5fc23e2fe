"""Opening a list: what it is, as its bytes show, and its rows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Self

from plexsend.campaigns.recipients.columns import Heading
from plexsend.campaigns.recipients.objects import header_of, object_rows
from plexsend.campaigns.recipients.rows import RawRow, RecipientRow, fit_rows
from plexsend.campaigns.recipients.sources import ListSource
from plexsend.campaigns.recipients.spreadsheets import Spreadsheet, refuse_old
from plexsend.campaigns.recipients.tables import SEPARATORS, ListText, Table
from plexsend.campaigns.recipients.transcoding import utf_16_of
from plexsend.errors import FileProblem, UsageError
from plexsend.producers.files.encodings import encoding_of
from plexsend.producers.files.lines import Encoding

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from _typeshed import SupportsRead

FORMATS: Final = ("csv", "jsonl", "xlsx")
ENCODINGS: Final = ("utf-8", "cp949", "utf-16")
_JSON: Final = frozenset({".jsonl", ".ndjson"})
_ZIP: Final = b"PK\x03\x04"
_OLD: Final = b"\xd0\xcf\x11\xe0"
_LOOKED_AT_BYTES: Final = 4096


def open_recipients(
    path_or_stream: str | os.PathLike[str] | SupportsRead[bytes],
    *,
    encoding: str | None = None,
    fmt: str | None = None,
    sheet: str | None = None,
    file_name: str = "",
    receiver: str | None = None,
) -> Recipients:
    """Open a list of recipients.

    Args:
        path_or_stream: A file, or a stream of bytes such as `sys.stdin.buffer`; both may be packed by gzip.
        encoding: `utf-8`, `cp949` or `utf-16`; None: whichever of them it is in.
        fmt: `csv`, `jsonl` or `xlsx`; None: as its content and its name show.
        sheet: The sheet of a spreadsheet; None: the first that is shown.
        file_name: What the list is called; empty: its path.
        receiver: The column of the numbers that are written to; None: as such columns are called.

    Raises:
        FileProblem: it cannot be used as a whole.
        UsageError: for a format or an encoding that is not known.
        MissingExtra: for a spreadsheet without the extra `tables`.
    """
    for given, known, what in ((fmt, FORMATS, "format"), (encoding, ENCODINGS, "encoding")):
        if given is not None and given.lower() not in known:
            raise UsageError(f"There is no {what} {given[:40]!r} of recipients. Name {' or '.join(known)}.")
    if not file_name:
        is_path = isinstance(path_or_stream, (str, os.PathLike))
        file_name = str(path_or_stream) if is_path else "the standard input"
    source = ListSource(path_or_stream, file_name)
    notes = ["gzip"] if source.is_packed else []
    try:
        # A workbook is read here and there, which what is packed does not allow.
        if source.is_packed and source.begin(len(_ZIP)) == _ZIP:
            source = source.unpacked()
        return Recipients(source, notes, encoding=encoding, fmt=fmt, sheet=sheet, receiver=receiver)
    except BaseException:
        source.close()
        raise


class Recipients:
    """An open list; close it (it is a context manager). Made by `open_recipients`."""

    def __init__(
        self,
        source: ListSource,
        notes: list[str],
        *,
        encoding: str | None,
        fmt: str | None,
        sheet: str | None,
        receiver: str | None,
    ) -> None:
        self._source = source
        self._sheet = sheet
        self.size_bytes = source.size_bytes
        """Of the file, packed where it is."""
        self.notes = notes
        """What was found out about it that is not usual, for people."""
        beginning = source.begin(_LOOKED_AT_BYTES)
        self.format = self._find_format(beginning, fmt)
        """One of `FORMATS`."""
        self._read_once: Spreadsheet | None = None
        """A spreadsheet whose header was read, and no row: it is in memory, and need not be read again."""
        self._utf_16: str | None = None
        self._encoding = Encoding.UTF_8
        if self.format != "xlsx":
            self._find_encoding(beginning, encoding)
        if sheet is not None and self.format != "xlsx":
            raise UsageError(f"{source.name} is not a spreadsheet and has no sheets. Leave the sheet out.")
        self.header: tuple[str, ...] = self._read_header()
        """The names of its columns, as it has them: a name may be there twice, or be empty."""
        heading = Heading(self.header)
        places = heading.receivers() if receiver is None else heading.places(receiver)
        self._receiver = places[0] if len(places) == 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    @property
    def read_bytes(self) -> int:
        """How far `rows` has read, of `size_bytes`."""
        return self._source.read_bytes

    def rows(self) -> Iterator[RecipientRow]:
        """Yield the rows below the header from the first on. One pass at a time; FileProblem ends it."""
        with self._source.named(), self._source.open() as stream:
            yield from fit_rows(self._raw_rows(stream), self.header, self._receiver)

    def _raw_rows(self, stream: io.BufferedReader[Any]) -> Iterator[RawRow]:
        if self.format == "xlsx":
            read, self._read_once = self._read_once, None
            return (read or Spreadsheet(stream, self._sheet)).rows()
        if self.format == "jsonl":
            return object_rows(self._text(stream).lines(), self.header)
        return Table(self._text(stream)).rows()

    def _read_header(self) -> tuple[str, ...]:
        with self._source.named(), self._source.open() as stream:
            if self.format == "jsonl":
                return header_of(self._text(stream).lines())
            header = self._read_sheet(stream) if self.format == "xlsx" else self._read_table(stream)
        self._note_header(header)
        return header

    def _read_sheet(self, stream: io.BufferedReader[Any]) -> tuple[str, ...]:
        self._read_once = Spreadsheet(stream, self._sheet)
        count = self._read_once.sheet_count
        self.notes.append(f"the sheet {self._read_once.name}{f' (of {count})' if count > 1 else ''}")
        return self._read_once.header

    def _read_table(self, stream: io.BufferedReader[Any]) -> tuple[str, ...]:
        table = Table(self._text(stream))
        if table.separator != next(iter(SEPARATORS)):
            self.notes.append(SEPARATORS[table.separator])
        return table.header

    def _note_header(self, header: tuple[str, ...]) -> None:
        nameless = [str(place) for place, name in enumerate(header, start=1) if not name]
        if nameless and len(nameless) < len(header):
            are = "columns without a name: " if len(nameless) > 1 else "a column without a name: "
            self.notes.append(are + ", ".join(nameless[:10]))

    def _text(self, stream: io.BufferedReader[Any]) -> ListText:
        return ListText(stream, self._encoding, self._utf_16, is_table=self.format == "csv")

    def _find_format(self, beginning: bytes, fmt: str | None) -> str:
        source = self._source
        if beginning.startswith(_OLD):
            with source.named(), source.open() as stream:
                refuse_old(stream, source.name)
        if beginning.startswith(_ZIP):
            return "xlsx"
        if fmt == "xlsx":
            raise FileProblem(f"{source.name}: it is not a spreadsheet (.xlsx), as its first bytes say.")
        if fmt is not None:
            return fmt.lower()
        name = source.name.lower().removesuffix(".gz")
        start = beginning.lstrip(b"\xef\xbb\xbf\r\n\t ")
        if start.startswith((b"[{", b"[\n", b"[\r", b"[ ")):
            raise FileProblem(
                f"{source.name}: it is one JSON array. Write one object on each line (JSON Lines)."
            )
        is_json = name.endswith(tuple(_JSON)) or start.startswith(b"{")
        return "jsonl" if is_json else "csv"

    def _find_encoding(self, beginning: bytes, encoding: str | None) -> None:
        found = utf_16_of(beginning)
        if encoding is not None and encoding.lower() != "utf-16":
            self._encoding = Encoding(encoding.lower())
        elif found is not None or encoding is not None:
            self._utf_16 = found or "utf-16-le"
            if encoding is None:
                self.notes.append("UTF-16")
        else:
            with self._source.named(), self._source.open() as stream:
                self._encoding = encoding_of(stream)
            if self._encoding is not Encoding.UTF_8:
                self.notes.append(str(self._encoding))
