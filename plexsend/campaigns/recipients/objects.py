"""JSON Lines: an object for each person. Its columns are all names that any of them has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from plexsend.campaigns.recipients.rows import RawRow, unread
from plexsend.errors import FileProblem
from plexsend.producers.files.jsonl import read_objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plexsend.producers.files.lines import Line
    from plexsend.producers.files.rows import Row

_MOST_COLUMNS: Final = 1000


def header_of(lines: Iterator[Line | Row]) -> tuple[str, ...]:
    """Return all names that objects have, in the order in which they first come."""
    names: dict[str, None] = {}
    count = 0
    for row in read_objects(lines):
        count += 1
        if row.item is not None and not row.item.keys() <= names.keys():
            names.update(dict.fromkeys(row.item))
            if len(names) > _MOST_COLUMNS:
                raise FileProblem(
                    f"its objects have more than {_MOST_COLUMNS:,} names. "
                    "Give the same names to what is the same of all people.",
                    line=row.line,
                )
    if not names:
        what = "holds no object that can be read" if count else "is empty"
        raise FileProblem(f'it {what}. Write one object on each line, as in {{"이름": "…"}}.')
    return tuple(names)


def object_rows(lines: Iterator[Line | Row], header: Sequence[str]) -> Iterator[RawRow]:
    """Yield a row for each object."""
    for row in read_objects(lines):
        if row.item is None:
            yield unread(row.line, row)
        else:
            item = row.item
            yield RawRow(row.line, [_as_cell(item.get(name)) for name in header])


def _as_cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
