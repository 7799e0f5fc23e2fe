"""Records as rows of a table: each column holds what its title says."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from plexsend.cli.listing import record_columns, record_row
from plexsend.outbox.lanes import Lane
from plexsend.outbox.records import HistoryEvent, Record
from plexsend.outbox.states import State
from plexsend.terminal.moments import WallClock
from plexsend.terminal.tables import print_table
from plexsend.terminal.wrapping import width_of

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
    cells = record_row(replace(RECORD, attempts=attempts, tries=tries), WallClock())

    row = {column.title: cell for column, cell in zip(record_columns(WallClock()), cells, strict=True)}
    assert row["attempts"] == shown


def test_on_80_columns_the_key_the_code_and_the_words_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "2286b4a9-1f27-4f53-bc89-f4ccc04f5561"
    row = record_row(
        replace(RECORD, msg_key=key, ended_ms=1_800_000_000_000, code="C400_REQUIRED_FIELD"), WallClock()
    )
    row[-1] = "필수 항목이 없습니다: brand_id"
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()

    print_table(terminal, record_columns(WallClock()), [row], blocks=True)

    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()
    assert lines[0].split() == ["msg_key", "code", "means"]
    assert max(map(width_of, lines)) <= 80
    assert f"{key}  C400_REQUIRED_FIELD" in lines[2]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("code", "desc", "means"),
    [
        ("G141", "", "the recipient number is invalid"),
        ("G141", "the recipient number is invalid", "the recipient number is invalid"),
        ("C500_1", "the server is in trouble; it goes again", "the server is in trouble; it goes again"),
        ("C400_2", "brand_id", "a value is not allowed: brand_id"),
        ("C341", "success", "a code that is not listed: success"),
        ("", "", ""),
    ],
)
def test_a_code_is_said_as_in_the_statistics_and_then_what_the_gateway_said(
    code: str, desc: str, means: str
) -> None:
    assert (
        record_row(replace(RECORD, code=code, history=(HistoryEvent(1, "reject", code, desc),)), WallClock())[
            -1
        ]
        == means
    )
