"""Spans: entries that were given to one process, and what its reader missed before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.outbox.replies import number, text
from plexsend.outbox.results.entries import ms_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.results.entries import Entry
    from plexsend.outbox.results.unreadable import Unreadable


@dataclass(frozen=True, slots=True)
class Missed:
    """Entries that a reader never got, because they were gone before it came."""

    from_ms: int
    to_ms: int
    entries: int
    """How many; 0 where nobody knows."""
    why: str
    """`trimmed`: by age; `deleted`: somebody took them out; `skipped`: somebody put the reader behind them;
    `unreadable`: a newer program wrote them; `lost`: the stream was taken away; `back`: nothing, it began
    anew and all that is in it is given."""


@dataclass(frozen=True, slots=True)
class Span:
    """Entries that were given to one process, which ends them or gives them back."""

    first: str
    """Its name: the id of the entry with which it begins. Empty: it has none, and nothing is to be ended."""
    last: str
    entries: tuple[Entry, ...]
    missed: Missed | None = None
    """What the reader found at this read to have missed before."""
    unreadable: tuple[Unreadable, ...] = ()
    """Entries that this program cannot read, and that are not among the others."""


def missed_in(answer: Mapping[str, Any]) -> Missed | None:
    """Return what a call of the script says that the reader missed."""
    why = text(answer["why"])
    if not why:
        return None
    span = ms_of(text(answer["missed_from"])), ms_of(text(answer["missed_to"]))
    return Missed(*span, number(answer["missed_count"]), why)


def both_missed(one: Missed | None, other: Missed | None) -> Missed | None:
    """Return two losses as one, for the reason of the first."""
    if one is None or other is None:
        return one or other
    span = min(one.from_ms, other.from_ms), max(one.to_ms, other.to_ms)
    return Missed(*span, one.entries + other.entries, one.why)
