"""Spreadsheets (.xlsx): the one door to python-calamine, which holds a whole sheet in memory."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from plexsend.campaigns.recipients.columns import nearest
from plexsend.campaigns.recipients.rows import RawRow
from plexsend.errors import FileProblem
from plexsend.extras import require

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

MOST_BYTES: Final = 400_000_000
"""What the parts of a workbook may unpack to. Memory is up to 1.5 times as much: 560 MB for a full sheet
(1,048,576 rows) of five columns, whose parts have 395 MB."""

_AS_XLSX: Final = "Open it in the spreadsheet program and save it as .xlsx or as CSV UTF-8."
_ARCHIVES: Final = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)", _AS_XLSX),
    ("content.xml", "a spreadsheet of OpenDocument (.ods)", _AS_XLSX),
    ("Index/Document.iwa", "a spreadsheet of Numbers", _AS_XLSX),
    ("Index.zip", "a spreadsheet of Numbers", _AS_XLSX),
    ("word/document.xml", "a text document (.docx)", "Name the list itself."),
    ("Contents/content.hpf", "a document of 한글 (.hwpx)", "Name the list itself."),
)
"""A part that only such an archive has → what it is, and what to do."""
_WORKBOOK: Final = "xl/workbook.xml"

_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_LOOKED_AT_BYTES: Final = 2_000_000

_MOST_DIGITS: Final = 10**15
"""A spreadsheet keeps fifteen digits of a number; a larger one is shown as it shows it."""


def refuse_old(stream: io.BufferedReader, name: str) -> None:
    """Raise FileProblem for an old Office document, or one with a password, which look alike at first."""
    if _ENCRYPTED in stream.read(_LOOKED_AT_BYTES):
        raise FileProblem(
            "it is protected by a password. Take the password off in the spreadsheet program "
            "(Excel: File, Info, Protect Workbook, Encrypt with Password, leave it blank), and save it."
        )
    if name.lower().endswith(".cell"):
        raise FileProblem(f"it is a spreadsheet of 한셀 (.cell). {_AS_XLSX}")
    raise FileProblem(f"it is an old Office document (.xls). {_AS_XLSX}")


class Spreadsheet:
    """One sheet of a workbook, read into memory.

    Args:
        stream: The workbook; it can seek.
        sheet: The sheet; None: the first that is shown.

    Raises FileProblem where it cannot be used, MissingExtra without the extra `tables`.
    """

    def __init__(self, stream: io.BufferedReader, sheet: str | None) -> None:
        require("tables")
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError  # noqa: PLC0415  of an extra

        _judge_archive(stream)
        stream.seek(0)
        try:
            with CalamineWorkbook.from_filelike(stream) as book:
                self.name = _choose(book, sheet)
                self.sheet_count = len(book.sheet_names)
                self._sheet = book.get_sheet_by_name(self.name)
        except PasswordError as exc:
            raise FileProblem("it is protected by a password. Take it off and save it.") from exc
        except (CalamineError, OSError, ValueError) as exc:
            raise FileProblem(f"it cannot be read as a spreadsheet. {_AS_XLSX}") from exc
        self._rows = self._read()
        first = next(self._rows, None)
        if first is None:
            raise FileProblem(f"its sheet {self.name!r} is empty. Its first row names the columns.")
        self.header = tuple(cell.strip() for cell in first.cells)

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows below the header, but for blank ones."""
        return self._rows

    def _read(self) -> Iterator[RawRow]:
        for line, values in enumerate(self._sheet.iter_rows(), start=1):
            cells = [value if isinstance(value, str) else _as_cell(value) for value in values]
            if any(map(str.strip, cells)):
                yield RawRow(line, cells)


def _judge_archive(stream: io.BufferedReader) -> None:
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as exc:
        raise FileProblem(f"it is a damaged spreadsheet or archive. {_AS_XLSX}") from exc
    if _WORKBOOK not in parts:
        for part, what, remedy in _ARCHIVES:
            if part in parts:
                raise FileProblem(f"it is {what}. {remedy}")
        raise FileProblem("it is an archive (.zip). Unpack it, and name the list in it.")
    size_bytes = sum(size for part, size in parts.items() if part.endswith(".xml"))
    if size_bytes > MOST_BYTES:
        raise FileProblem(
            f"it unpacks to {size_bytes / 1_000_000:,.3g} MB, and a spreadsheet is held in memory: up to "
            f"{MOST_BYTES / 1_000_000:,.3g} MB are read. Save it as CSV UTF-8, which may be of any size."
        )


def _choose(book: Any, sheet: str | None) -> str:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415  of an extra

    tables = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    names = [each.name for each in tables]
    if sheet is None:
        shown = [each.name for each in tables if each.visible == SheetVisibleEnum.Visible]
        if not shown:
            raise FileProblem("it has no sheet that is shown. Name one, or save the list itself.")
        return str(shown[0])
    if sheet in names:
        return sheet
    near = nearest(sheet, names)
    meant = f" Did you mean {near!r}?" if near else ""
    raise FileProblem(f"it has no sheet {sheet!r}; it has {', '.join(map(repr, names))}.{meant}")


def _as_cell(value: bool | float | date | time | timedelta) -> str:  # noqa: FBT001  a cell's value
    """Return a value as a person reads it, without what a format of its cell would add."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _MOST_DIGITS else format(value, ".15g")
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes" if not (value.second or value.microsecond) else "seconds")
    if isinstance(value, time):
        return value.isoformat("minutes" if not value.second else "seconds")
    return str(value)
