"""Every row of a run has one fate, from its record, from what is kept of one, or from its mark."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from plexsend.archive.day_file import DayFile
from plexsend.archive.folder import Folder
from plexsend.archive.lines import ArchiveLine
from plexsend.archive.members import Label
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.report.archived import ArchivedRows
from plexsend.campaigns.report.row_fates import RowEnd, RowFate
from plexsend.outbox.lanes import Lane
from plexsend.outbox.runs.states import RunState
from plexsend.outbox.states import State
from tests.integration.campaigns.report_runs import MadeRun, people

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store

ENDED_MS = 1_796_000_401_000
DONE_MS = ENDED_MS + 3_000


def fates(made: MadeRun, *, awaits_receipts: bool = True) -> list[str]:
    return [row.fate.value for row in made.rows(awaits_receipts=awaits_receipts)]


def test_a_record_says_state_code_carrier_times_and_attempts(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(2))
    made.record(0, s="delivered", c="C100", w=f"0|SKT|{DONE_MS}|{DONE_MS + 9}", e=ENDED_MS, n=2)
    made.record(1, s="rejected", c="G141", e=ENDED_MS, n=1)
    delivered, rejected = made.rows()
    assert delivered.message is not None
    assert rejected.message is not None
    assert (delivered.fate, delivered.end, delivered.line) == (RowFate.DELIVERED, RowEnd.SUCCESS, 2)
    assert (delivered.message.code, delivered.message.by_receipt) == ("0", True)
    assert (delivered.message.carrier, delivered.message.attempts) == ("SKT", 2)
    assert (delivered.message.sent_ms, delivered.message.done_ms) == (ENDED_MS, DONE_MS)
    assert delivered.cells == ("사람0", "01020000000", "")
    assert (rejected.end, rejected.message.code, rejected.message.by_receipt) == (
        RowEnd.FAILURE,
        "G141",
        False,
    )
    assert rejected.message.sent_ms is None
    assert rejected.msg_key == "0a1b2c3d4e5f-1"


@pytest.mark.parametrize(("awaits", "fate"), [(True, "awaited"), (False, "accepted")])
def test_what_is_accepted_is_pending_while_receipts_come(
    store: Store, tmp_path: Path, *, awaits: bool, fate: str
) -> None:
    made = MadeRun(store, tmp_path, people(2), letters={1: "a"})
    made.record(0, s="accepted", c="C100", e=ENDED_MS)
    assert fates(made, awaits_receipts=awaits) == [fate, "accepted"]


def test_a_mark_leaves_a_row_out(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(3), marks="di ", letters={2: "i"})
    assert [(row.number, row.fate.value, row.msg_key) for row in made.rows()] == [
        (0, "duplicate", ""),
        (1, "invalid", ""),
        (2, "invalid", ""),
    ]


@pytest.mark.parametrize(
    ("state", "rest"),
    [
        (RunState.CHECKED, "scheduled"),
        (RunState.SCHEDULED, "scheduled"),
        (RunState.RUNNING, "waiting"),
        (RunState.PAUSED, "waiting"),
        (RunState.DONE, "expired"),
        (RunState.CANCELLED, "cancelled"),
    ],
)
def test_what_was_not_fed_is_as_the_run_is(store: Store, tmp_path: Path, state: RunState, rest: str) -> None:
    made = MadeRun(store, tmp_path, people(2), state=state, fed=1)
    made.record(0, s="delivered", e=ENDED_MS)
    assert fates(made) == ["delivered", rest]


def test_what_the_folder_knows_of_and_redis_does_not_is_lost_from_sight(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(5), fed=1)
    made.record(0, s="delivered", e=ENDED_MS)
    made.record(1, s="waiting")
    folder = RunFolder(tmp_path, made.account, made.group, made.id)
    # A block under way: what is in it has messages, or will have.
    folder.note_witness(7, 1, begun=3)
    assert fates(made) == ["delivered", "waiting", "waiting", "waiting", "waiting"]
    folder.note_witness(7, 3, begun=4)
    assert fates(made) == ["delivered", "waiting", "lost", "lost", "waiting"]
    folder.close()


def test_a_letter_says_what_a_record_that_is_gone_said(store: Store, tmp_path: Path) -> None:
    letters = dict(enumerate("dakurfecswi"))
    made = MadeRun(store, tmp_path, people(len(letters) + 1), letters=letters)
    assert fates(made) == [
        *("delivered", "accepted", "unknown", "undelivered", "rejected", "failed", "expired"),
        *("cancelled", "suppressed", "lost", "invalid"),
        # Neither a record nor a letter: nobody knows.
        "lost",
    ]


def test_a_record_counts_before_an_older_letter(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(1), letters={0: "k"})
    made.record(0, s="delivered", e=ENDED_MS)
    assert fates(made) == ["delivered"]


def test_a_number_that_is_suppressed_is_excluded_by_that_name(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(2))
    made.record(0, s="cancelled", c="SUPPRESSED", e=ENDED_MS)
    made.record(1, s="cancelled", e=ENDED_MS)
    assert fates(made) == ["suppressed", "cancelled"]


def test_a_row_has_the_outcome_of_its_fallback_unless_its_first_arrived(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(7), fallback="lms-bulk", letters={3: "u", 4: "d", 5: "d", 6: "u"})
    for row in range(4):
        made.record(row, s="delivered" if row == 1 else "undelivered", b="made", e=ENDED_MS)
    made.record(0, is_fallback=True, s="delivered", w="0|KT||5", e=ENDED_MS)
    made.record(1, is_fallback=True, s="undelivered", e=ENDED_MS)
    made.record(2, is_fallback=True, s="cancelled", b="back", e=ENDED_MS)
    # Of 3 the fallback's record is gone, of 4 and 6 its first's, of 5 both.
    made.record(4, is_fallback=True, s="undelivered", e=ENDED_MS)
    made.record(6, is_fallback=True, s="waiting")
    rows = made.rows()
    assert [(row.fate.value, row.is_fallback, row.service) for row in rows] == [
        ("delivered", True, "lms-bulk"),
        ("delivered", False, "rcs-mms-bulk"),
        ("undelivered", False, "rcs-mms-bulk"),
        ("undelivered", False, "rcs-mms-bulk"),
        ("delivered", False, "rcs-mms-bulk"),
        ("delivered", False, "rcs-mms-bulk"),
        ("waiting", True, "lms-bulk"),
    ]
    assert [len(row.charged) for row in rows] == [2, 2, 2, 2, 1, 1, 1]


def test_rows_are_read_in_their_order_over_pages_and_chunks(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(1_301))
    for row in range(0, 1_301, 2):
        made.record(row, s="delivered", e=ENDED_MS)
    made.letters = dict.fromkeys(range(1, 1_301, 2), "u")
    rows = made.rows()
    assert [row.number for row in rows] == list(range(1_301))
    assert {row.fate.value for row in rows[::2]} == {"delivered"}
    assert {row.fate.value for row in rows[1::2]} == {"undelivered"}


def test_an_archive_fills_in_what_records_no_longer_say(store: Store, tmp_path: Path) -> None:
    made = MadeRun(store, tmp_path, people(5), letters={0: "u", 1: "d", 3: "d"})
    made.record(2, s="delivered", w=f"0|KT|{DONE_MS}|1", e=ENDED_MS)
    lines = [
        # Whatever the order of its lines, the one of the last state counts.
        line(made, 0, State.UNDELIVERED, code="C100", receipt_code="E", carrier="SKT", done_ms=DONE_MS),
        line(made, 0, State.ACCEPTED, code="C100"),
        line(made, 1, State.DELIVERED, receipt_code="0", carrier="LGU+", done_ms=DONE_MS),
        line(made, 2, State.ACCEPTED, code="C100"),
        # A line of an earlier state says nothing of a later one.
        line(made, 3, State.UNDELIVERED, receipt_code="E"),
        # Without a letter it is believed; nothing waits for its receipt.
        line(made, 4, State.ACCEPTED, code="C100"),
    ]
    with Folder.to_write(tmp_path / "archive") as folder:
        day = DayFile(folder, date(2026, 11, 30))
        day.append(Label("main", f"{ENDED_MS}-0", f"{ENDED_MS}-9"), lines)
    archived = ArchivedRows(tmp_path / "archive", made.run())
    found = {row.number: row for row in made.rows(archived=archived)}
    shown = {
        number: (row.fate.value, row.message and (row.message.code, row.message.carrier, row.message.done_ms))
        for number, row in found.items()
    }
    assert shown == {
        0: ("undelivered", ("E", "SKT", DONE_MS)),
        1: ("delivered", ("0", "LGU+", DONE_MS)),
        2: ("delivered", ("0", "KT", DONE_MS)),
        3: ("delivered", None),
        4: ("accepted", ("C100", "", None)),
    }
    assert archived.problems == []
    assert archived.message(5) is None


def line(made: MadeRun, row: int, state: State, **given: str | int) -> ArchiveLine:
    lane = Lane.parse(f"mms-bulk/{made.group}@{made.account}")
    values: dict[str, object] = {"at_ms": ENDED_MS, "ended_ms": ENDED_MS, "submitted_ms": ENDED_MS, **given}
    return ArchiveLine(f"{made.id}-{row}", lane, state, **values)  # type: ignore[arg-type]  # by name
