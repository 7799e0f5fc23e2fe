"""The key column: a cell by which a person's own list tells its rows apart, such as an order's number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.errors import Problem, UsageError
from plexsend.producers.files.columns import fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class KeyColumn:
    """One column, which may be a field of the message or a column beside them.

    Args:
        name: How the column is named; a field inside others with dots.
        service: The service whose items the rows are.

    Raises UsageError for a name that no column can have.
    """

    def __init__(self, name: str, service: str) -> None:
        self.name = name
        self._is_field = name in fields_of(service)
        if not self._is_field and (not name.strip() or "." in name):
            raise UsageError(
                "The key column is a column of the file: a field of the message, or any name without a dot."
            )

    def take(self, item: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Return an item without what is not a field of it, and the text of its cell; empty for no text."""
        left = dict(item)
        if not self._is_field:
            cell = left.pop(self.name, None)
        else:
            cell = item
            for part in self.name.split("."):
                cell = cell.get(part) if isinstance(cell, dict) else None
        if isinstance(cell, int) and not isinstance(cell, bool):
            cell = str(cell)
        return left, cell.strip() if isinstance(cell, str) else ""

    def problem(self) -> Problem:
        """Return what is wrong with a row without such a cell."""
        return Problem(
            self.name,
            "is the key column, and holds no text or whole number here",
            "Give the row a value of its own in it, or a msg_key.",
        )
