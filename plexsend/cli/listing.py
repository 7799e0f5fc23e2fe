"""Records as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.codes import code_words
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from plexsend.outbox.records import Record
    from plexsend.terminal.moments import WallClock


def record_columns(clock: WallClock) -> tuple[Column, ...]:
    """Return the columns of a table of records."""
    return (
        Column("msg_key", style="bold"),
        Column("state", leave_out=4),
        Column("lane", leave_out=5),
        Column("attempts", right=True, leave_out=2),
        Column("code", style="yellow"),
        Column("submitted", leave_out=1),
        Column(clock.title("ended"), leave_out=3),
        Column("means", folds=True, least=16),
    )


def record_row(record: Record, clock: WallClock) -> list[str]:
    """Return a record's cells."""
    return [
        record.msg_key,
        str(record.state),
        record.lane.name,
        str(record.attempts or ""),
        record.code,
        clock.cell(record.submitted_ms),
        clock.cell(record.ended_ms),
        meaning_of(record),
    ]


def meaning_of(record: Record) -> str:
    """Return what a record's code means, then what the gateway said more, such as which value."""
    words = code_words(record.code)
    if record.desc.startswith(words):
        return record.desc
    return ": ".join(filter(None, (words, record.desc)))
