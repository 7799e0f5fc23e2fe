"""What a page is made of: sections, each with a table and mostly a plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class PageColumn:
    """A column of a table."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table. The first cell of a row says what the row is about."""

    caption: str
    columns: Sequence[PageColumn]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] = ()
    """The sum below the rows; empty: there is none."""


@dataclass(frozen=True, slots=True)
class PageSection:
    """A part of a page below a heading."""

    id: str
    heading: str
    table: PageTable | None = None
    plot: Markup | None = None
    notes: Sequence[str] = ()
    """Sentences below it."""
    is_wide: bool = False
    """Whether its table needs the whole width, below the plot."""
