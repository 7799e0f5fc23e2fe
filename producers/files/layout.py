"""Layouts: how named texts, the cells of a table's row, become an item."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plexsend.gateway.strict_json import BadJson, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.producers.files.columns import Columns

_SEPARATOR = re.compile(r"\||[,;\s]+(?=https?://)", re.IGNORECASE)
"""Between the values of a cell that holds several. They are addresses, and a comma or a semicolon can be part
of one: it counts where another address begins behind it."""

_BETWEEN = re.compile(r"[|,;\s]")
"""What all separators begin with: most cells hold one address."""

_AFTER_ADDRESS = ",; \t\r\n"
"""What people leave behind an address, the last one too."""


def split_addresses(text: str) -> list[str]:
    """Return the addresses in a text, however people separated them."""
    if _BETWEEN.search(text) is None:
        return [text]
    return [value.rstrip(_AFTER_ADDRESS).lstrip() for value in _SEPARATOR.split(text)]


class Layout:
    """One header, for as many rows as follow.

    Args:
        header: The names of the columns; `msg.body.title` is a field inside others.
        columns: Which columns there can be; None: each is a plain text under its whole name.
    """

    def __init__(self, header: Sequence[str], columns: Columns | None) -> None:
        self.header = header
        self._lists = columns.lists if columns is not None else frozenset()
        self._json = columns.json if columns is not None else frozenset()
        self._trimmed = [name for name in header if columns is not None and name in columns.trimmed]
        # A name that is not a column stays as it is, and is refused as a field of the message.
        known = columns.known if columns is not None else ()
        self._paths = {name: name.split(".") for name in header if name in known and "." in name}

    def make_item(self, cells: Sequence[str]) -> dict[str, Any]:
        """Return the item of a row's cells, in the order of the header; an empty one makes no field.

        Raises BadJson for a cell that should be JSON, with the name of its column.
        """
        item: dict[str, Any] = {name: cell for name, cell in zip(self.header, cells, strict=True) if cell}
        for name in self._trimmed:
            cell = item.get(name)
            if cell is None or cell == (bare := cell.strip()):
                continue
            if bare:
                item[name] = bare
            else:
                del item[name]
        for name in self._lists & item.keys():
            item[name] = split_addresses(item[name])
        for name in self._json & item.keys():
            try:
                item[name] = parse(item[name])
            except BadJson as exc:
                raise BadJson(f"has in {name!r} what {exc}") from None
        for name, (*parents, last) in self._paths.items():
            if name in item:
                inner = item
                for parent in parents:
                    inner = inner.setdefault(parent, {})
                inner[last] = item.pop(name)
        return item
