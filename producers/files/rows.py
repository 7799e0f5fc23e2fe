"""Rows: what a line of a file holds, or why it holds nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from plexsend.errors import Problem

_FIELD = "row"
"""Named as the field where a problem is the row's as a whole."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: an item, or a problem and what can be shown of the row."""

    line: int
    """Line on which the row begins, 1 the first of the file."""
    size_bytes: int
    """What it takes in the file."""
    item: dict[str, Any] | None = field(repr=False)
    problem: Problem | None
    """Why there is no item; None where there is one."""
    text: str | None = field(default=None, repr=False)
    """The row as it is in the file, without its last line end; None for an item, or where too long."""


def bad_row(line: int, size_bytes: int, text: str | None, reason: str, remedy: str) -> Row:
    """Return a row that cannot be read."""
    return Row(line, size_bytes, None, Problem(_FIELD, reason, remedy), text)
