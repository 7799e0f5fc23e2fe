"""Records as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.terminal.moments import local
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from plexsend.outbox.records import Record

RECORD_COLUMNS = (
    Column("msg_key", style="bold"),
    Column("state"),
    Column("lane"),
    Column("attempts", right=True),
    Column("code", style="yellow"),
    Column("submitted"),
    Column("ended"),
    Column("said", folds=True),
)


def record_row(record: Record) -> list[str]:
    """Return a record's cells."""
    return [
        record.msg_key,
        str(record.state),
        record.lane.name,
        str(record.attempts or ""),
        record.code,
        local(record.submitted_ms),
        local(record.ended_ms),
        record.desc,
    ]
