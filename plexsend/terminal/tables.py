"""Tables for people: rich on a terminal, plain columns into a pipe. What must be copied is never cut."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from plexsend.terminal.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PAGE = 500
"""Rows that are measured and printed together, so that a list of any length takes little memory."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Its cells stay whole on one line, unless `folds` lets them take several on a terminal."""

    title: str
    right: bool = False
    folds: bool = False
    style: str = ""


def print_table(stream: TextIO, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> int:
    """Print rows below the columns' titles, nothing where there are none, and return how many there were."""
    draw = _draw_rich if stream.isatty() else _draw_plain
    remaining = iter(rows)
    count = 0
    while page := [[_cell(cell) for cell in row] for row in islice(remaining, _PAGE)]:
        draw(stream, columns, page, count == 0)
        count += len(page)
    return count


def _cell(text: str) -> str:
    return printable(text).replace("\n", " ")


def _draw_plain(stream: TextIO, columns: Sequence[Column], page: list[list[str]], first: bool) -> None:  # noqa: FBT001
    lines = [[column.title for column in columns], *page]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines if first else page:
        cells = (
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, column, width in zip(line, columns, widths, strict=True)
        )
        stream.write("  ".join(cells).rstrip() + "\n")


def _draw_rich(stream: TextIO, columns: Sequence[Column], page: list[list[str]], first: bool) -> None:  # noqa: FBT001
    from rich import box  # noqa: PLC0415  only a terminal needs it
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream)
    table = Table(box=box.SIMPLE_HEAD, show_header=first, pad_edge=False)
    narrowest = 0
    for index, column in enumerate(columns):
        widest = max(cell_len(text) for text in (column.title, *(row[index] for row in page)))
        least = min(widest, _LEAST_FOLDED) if column.folds else widest
        narrowest += least + _GAP
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            style=column.style,
            no_wrap=not column.folds,
            overflow="fold",
            min_width=least,
        )
    for row in page:
        table.add_row(*(Text(cell) for cell in row))
    # Where it is wider than the terminal, the terminal breaks the lines: ugly, but nothing is missing.
    console.width = max(console.width, narrowest)
    console.print(table)


_LEAST_FOLDED = 24
"""Characters that a folding column keeps before the table outgrows its terminal."""
_GAP = 3
"""Characters that rich may put between two columns."""
