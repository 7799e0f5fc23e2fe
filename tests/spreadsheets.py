"""Spreadsheets for tests: workbooks of a few parts, as small as the format allows."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  spreadsheets know no zones
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/>'
    '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
"""Usual, a day, and a time."""
_TYPES = f'<Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/></Types>'


def write_workbook(
    path: Path, sheets: Mapping[str, Iterable[Sequence[object]]], *, hidden: Sequence[str] = ()
) -> Path:
    """Write a workbook. None is a cell that is not there; an Exception is an error in a cell."""
    names = list(enumerate(sheets, start=1))
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{place}" r:id="r{place}"{_state(name, hidden)}/>'
        for place, name in names
    )
    parts = {f"r{place}": ("worksheet", f"worksheets/sheet{place}.xml") for place, _ in names}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _relations({"r1": ("officeDocument", "xl/workbook.xml")}))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr("xl/_rels/workbook.xml.rels", _relations({**parts, "s": ("styles", "styles.xml")}))
        archive.writestr("xl/styles.xml", _STYLES)
        for place, rows in enumerate(sheets.values(), start=1):
            with archive.open(f"xl/worksheets/sheet{place}.xml", "w") as part:
                part.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
                for row in _rows(rows):
                    part.write(row.encode())
                part.write(b"</sheetData></worksheet>")
    return path


def _state(name: str, hidden: Sequence[str]) -> str:
    return ' state="hidden"' if name in hidden else ""


def _relations(parts: Mapping[str, tuple[str, str]]) -> str:
    each = (
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in parts.items()
    )
    return f'<Relationships xmlns="{RELATIONS}">{"".join(each)}</Relationships>'


def _rows(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for line, row in enumerate(rows, start=1):
        cells = "".join(
            _cell(value, f"{_column(place)}{line}") for place, value in enumerate(row) if value is not None
        )
        yield f'<row r="{line}">{cells}</row>'


def _column(place: int) -> str:
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def _cell(value: object, at: str) -> str:
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Exception):
        return f'<c r="{at}" t="e"><v>{value}</v></c>'
    if isinstance(value, date):
        # Spreadsheets know no zones.
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        serial = (moment.replace(tzinfo=None) - _EPOCH).total_seconds() / 86_400
        return f'<c r="{at}" s="{2 if isinstance(value, datetime) else 1}"><v>{serial!r}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{at}"><v>{value!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
