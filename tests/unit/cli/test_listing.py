"""Records as rows of a table: each column holds what its title says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexsend.cli.listing import RECORD_COLUMNS, record_row
from plexsend.outbox.lanes import Lane
from plexsend.outbox.records import Record
from plexsend.outbox.states import State

RECORD = Record(
    msg_key="k1",
    state=State.UNCERTAIN,
    lane=Lane("mms-bulk", None, "main"),
    submitted_ms=1_800_000_000_000,
    attempts=0,
    tries=0,
    code="C500_1",
    stamp="",
    token="",
    flags="",
    position=None,
    ended_ms=None,
    send_at_ms=None,
    expires_at_ms=None,
)


@pytest.mark.parametrize(("attempts", "tries", "shown"), [(0, 0, ""), (0, 3, ""), (2, 3, "2")])
def test_attempts_are_those_of_the_status_and_never_other_tries(
    attempts: int, tries: int, shown: str
) -> None:
    cells = record_row(replace(RECORD, attempts=attempts, tries=tries))

    row = {column.title: cell for column, cell in zip(RECORD_COLUMNS, cells, strict=True)}
    assert row["attempts"] == shown
