"""Tables for people: rich on a terminal, plain columns into a pipe. What must be copied is never cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from plexsend.terminal.printable import printable
from plexsend.terminal.wrapping import terminal_width, width_of, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

_PAGE = 500
"""Rows that are measured and printed together, so that a list of any length takes little memory."""
_GAP = 2
"""Characters between two columns, where the terminal has room for them; else one."""


_ENDLESS = 1_000_000
"""Characters; no table is as wide."""
_HEIGHT = 24
"""Lines that rich is given with the width; no table is cut to them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Its cells stay whole on one line, unless `folds` lets them take several on a terminal."""

    title: str
    right: bool = False
    folds: bool = False
    style: str = ""
    least: int = 24
    """Characters that a column which folds keeps before the table outgrows its terminal."""
    leave_out: int = 0
    """Where a terminal is too narrow, the column with 1 is left out first, then that with 2; 0: never."""


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """What a table had, and what of it a terminal had no room for."""

    rows: int
    left_out: tuple[str, ...] = ()
    """Titles of columns in which there is something."""


def print_table(
    stream: TextIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    blocks: bool = False,
    wide: bool = False,
) -> PrintedTable:
    """Print rows below the columns' titles, nothing where there are none, and return what was printed.

    Args:
        stream: A terminal, or anything else, which gets all columns.
        columns: The columns, from the left.
        rows: Their cells.
        blocks: Whether a terminal that is still too narrow gets a block of lines for each row.
        wide: Whether a terminal gets all columns, each row on a line, however wide it is.
    """
    remaining = iter(rows)
    is_terminal = stream.isatty()
    count = 0
    titled: Sequence[int] = ()
    missed: set[int] = set()
    while page := [[_cell(cell) for cell in row] for row in islice(remaining, _PAGE)]:
        first = count == 0
        if is_terminal:
            titled = _draw(stream, columns, page, titled=titled, blocks=blocks, wide=wide)
            # Blocks have all columns, and no titles.
            gone = set(range(len(columns))).difference(titled) if titled else set()
            missed.update(index for index in gone if any(row[index] for row in page))
        else:
            _draw_plain(stream, columns, page, first=first)
        count += len(page)
    return PrintedTable(count, tuple(columns[index].title for index in sorted(missed)))


def _cell(text: str) -> str:
    return printable(text).replace("\n", " ")


def _draw_plain(
    stream: TextIO, columns: Sequence[Column], page: Sequence[Sequence[str]], *, first: bool
) -> None:
    lines = [[column.title for column in columns], *page]
    # A Korean letter takes two columns here too: people read in a terminal what was piped.
    widths = [max(width_of(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines if first else page:
        cells = []
        for cell, column, width in zip(line, columns, widths, strict=True):
            blanks = " " * (width - width_of(cell))
            cells.append(blanks + cell if column.right else cell + blanks)
        stream.write("  ".join(cells).rstrip() + "\n")


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Columns that are shown, and how far apart they are."""

    shown: Sequence[int]
    gap: int
    width: int
    """Characters that it takes at least."""


# Returns the columns whose titles the reader has seen last.
def _draw(
    stream: TextIO,
    columns: Sequence[Column],
    page: Sequence[Sequence[str]],
    *,
    titled: Sequence[int],
    blocks: bool,
    wide: bool,
) -> Sequence[int]:
    width = terminal_width(stream)
    if wide:
        columns = [replace(column, folds=False) for column in columns]
    layout = lay_out(columns, page, _ENDLESS if wide else width)
    if blocks and not wide and layout.width > width:
        _draw_blocks(stream, columns, page, width)
        return ()
    # A page of wider cells may leave out more: its titles are others.
    _draw_rich(stream, columns, page, layout, width=width, first=layout.shown != titled)
    return layout.shown


def lay_out(
    columns: Sequence[Column], page: Sequence[Sequence[str]], width: int, gap: int = _GAP
) -> TableLayout:
    """Return the first layout that fits; the narrowest where none does.

    `gap`: characters between two columns, as long as leaving out others makes room for them.
    """
    least = [_least(column, [row[index] for row in page]) for index, column in enumerate(columns)]

    def layout(left_out: int, gap: int) -> TableLayout:
        shown = [index for index, column in enumerate(columns) if not 0 < column.leave_out <= left_out]
        return TableLayout(shown, gap, sum(least[index] for index in shown) + gap * (len(shown) - 1))

    last = max(column.leave_out for column in columns)
    layouts = [*(layout(left_out, gap) for left_out in range(last + 1)), layout(last, 1)]
    return next((each for each in layouts if each.width <= width), layouts[-1])


def _least(column: Column, cells: Iterable[str]) -> int:
    widest = max(map(width_of, (column.title, *cells)))
    return min(widest, max(column.least, width_of(column.title))) if column.folds else widest


def _draw_rich(
    stream: TextIO,
    columns: Sequence[Column],
    page: Sequence[Sequence[str]],
    layout: TableLayout,
    *,
    width: int,
    first: bool,
) -> None:
    from rich.console import Console  # noqa: PLC0415  a pipe does not pay for it

    # Where it is wider than the terminal, the terminal breaks the lines: ugly, but nothing is missing.
    # Without a height rich would take TERM=dumb for 80 columns.
    console = Console(file=stream, width=max(width, layout.width), height=_HEIGHT)
    console.print(rich_table(columns, page, layout, titled=first))


def rich_table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], layout: TableLayout, *, titled: bool = True
) -> Table:
    """Return these rows as a table that rich draws; `layout` is of `lay_out`."""
    from rich import box  # noqa: PLC0415  only a terminal needs it
    from rich.table import Table  # noqa: PLC0415  a pipe does not pay for it
    from rich.text import Text  # noqa: PLC0415  a pipe does not pay for it

    # Between two columns stand the padding and one character of the box.
    table = Table(
        box=box.SIMPLE_HEAD,
        show_header=titled,
        show_edge=False,
        pad_edge=False,
        padding=(0, layout.gap - 1, 0, 0),
    )
    for index in layout.shown:
        column = columns[index]
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            style=column.style,
            no_wrap=not column.folds,
            overflow="fold",
            min_width=_least(column, [row[index] for row in rows]),
        )
    for row in rows:
        table.add_row(*(Text(row[index]) for index in layout.shown))
    return table


def _draw_blocks(
    stream: TextIO, columns: Sequence[Column], page: Sequence[Sequence[str]], width: int
) -> None:
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it
    from rich.text import Text  # noqa: PLC0415  a pipe does not pay for it

    console = Console(file=stream, width=width)
    longest = max(len(column.title) for column in columns)
    for row in page:
        for column, cell in zip(columns, row, strict=True):
            if cell:
                lead = f"{column.title:<{longest}}  "
                block = Text("\n".join(wrap(cell, width, lead=lead)))
                block.stylize(column.style, len(lead))
                console.print(block, soft_wrap=True)
        console.print()
