"""JSON Lines: an object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.strict_json import BadJson, parse
from plexsend.producers.files.rows import Row, bad_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.producers.files.lines import Line

_REMEDY = 'Write one JSON object on each line, as in {"msg": "…"}.'


def read_objects(lines: Iterable[Line | Row]) -> Iterator[Row]:
    """Yield a row for every line that is not blank."""
    for line in lines:
        if isinstance(line, Row):
            yield line
        elif line.text.strip():
            yield _read_object(line)


def _read_object(line: Line) -> Row:
    text = line.text.rstrip("\r\n")
    try:
        item = parse(text)
    except BadJson as exc:
        reason = str(exc)
    else:
        if isinstance(item, dict):
            return Row(line.number, line.size_bytes, item, None)
        reason = "is JSON, but not an object"
    return bad_row(line.number, line.size_bytes, text, reason, _REMEDY)
