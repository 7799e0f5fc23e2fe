"""From another run: its rows with one outcome become the recipients of a new one, each at most once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.follow_ups import lost_before, source_of, taken_lines
from plexsend.campaigns.reading.counting import row_counts
from plexsend.campaigns.reading.finding import find_run
from plexsend.campaigns.reading.row_outcomes import Reached, row_outcomes
from plexsend.campaigns.recipients import RecipientRow
from plexsend.errors import NotPossible
from plexsend.gateway.codes import OWN_CODES, find_code
from plexsend.gateway.receipt_codes import RCS_CODES, SMS_CODES
from plexsend.outbox.runs.states import OVER, run_word
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from plexsend.campaigns.folders.follow_ups import Lines
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

    Report: TypeAlias = Callable[[int, int], object]

Left: TypeAlias = Literal["already", "pending", "uncertain", "unknown", "lost", "other_reason", "reason_gone"]
"""Why rows of the source are not taken, of those that somebody might have expected to be."""
_LEFT_WORDS: Mapping[Left, tuple[str, str]] = {
    "already": (
        "row was taken by an earlier run of this campaign",
        "rows were taken by an earlier run of this campaign",
    ),
    "pending": (
        "row is not through yet, or waits for its receipt: nobody knows yet whether it was reached",
        "rows are not through yet, or wait for their receipts: nobody knows yet whether they were reached",
    ),
    "uncertain": (
        "row may have been sent, and waits for a person (`plexsend uncertain list`)",
        "rows may have been sent, and wait for a person (`plexsend uncertain list`)",
    ),
    "unknown": (
        "row was sent, and nobody knows whether it arrived",
        "rows were sent, and nobody knows whether they arrived",
    ),
    "lost": (
        "row may have been sent before Redis went back in time",
        "rows may have been sent before Redis went back in time",
    ),
    "other_reason": ("row has another reason", "rows have another reason"),
    "reason_gone": (
        "row has no reason any more, since its record is gone",
        "rows have no reason any more, since their records are gone",
    ),
}


class Only(StrEnum):
    """Which rows of a run a follow-up is for."""

    UNSENT = "unsent"
    """Those that were never sent: taken back, expired, never fed."""
    FAILED = "failed"
    """Those that reached nobody: undelivered, rejected, failed."""
    REACHED = "reached"


_WANTED = {
    Only.UNSENT: Reached.UNSENT,
    Only.FAILED: Reached.FAILED,
    Only.REACHED: Reached.REACHED,
}
_NEVER: Mapping[Reached, Left] = {
    Reached.PENDING: "pending",
    Reached.UNCERTAIN: "uncertain",
    Reached.UNKNOWN: "unknown",
    Reached.LOST: "lost",
}
CRON_FROM_RUN = (
    "A campaign with a cron reads its recipients anew each time: it cannot be for rows of a run. "
    "Leave cron out."
)


class RunRecipients:
    """Some rows of a run, as recipients: numbered anew, with the lines that they had."""

    format = "run"

    def __init__(self, folder: RunFolder, run: Run, chosen: bytes) -> None:
        self._folder = folder
        self._run = run
        self._chosen = chosen
        self.header = run.columns
        self.file_name = run.written
        self.notes = [f"{counted(chosen.count(1), 'row')} of the run {run.written}"]
        self.size_bytes = len(chosen)
        """Rows that are looked at, a byte each: by it and `read_bytes` a bar is drawn."""
        self.read_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close nothing: each chunk is read whole."""

    def rows(self) -> Iterator[RecipientRow]:
        """Yield the rows in their order. Raises ChunkMissing where the recipients cannot be read."""
        number = 0
        for chunk in self._run.chunks:
            self.read_bytes = chunk.first_row
            if 1 not in self._chosen[chunk.first_row : chunk.first_row + chunk.rows]:
                continue
            for row, (line, cells) in enumerate(self._folder.read_chunk(chunk), chunk.first_row):
                if self._chosen[row]:
                    yield RecipientRow(number, line, cells, None, mended=False)
                    number += 1


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """The rows of a run that a new one is for."""

    run: Run
    only: Only
    recipients: RunRecipients
    rows: int
    left: Mapping[Left, int] = field(default_factory=dict)
    """Why → how many rows were left out."""

    @property
    def source(self) -> str:
        """How the new run names it."""
        return source_of(self.run.group, self.only)

    def remarks(self) -> list[str]:
        """Return what was left out, a sentence each."""
        return [f"{counted(n, *_LEFT_WORDS[why])}." for why, n in self.left.items() if n]


def select(
    store: Store,
    root: Path,
    *,
    name: str,
    account: str | None,
    source: str,
    only: Only,
    reasons: Sequence[str] = (),
    report: Report | None = None,
) -> ChosenRows:
    """Return the rows of a run with this outcome that no earlier run of the same campaign took for it.

    Args:
        store: Where the runs are.
        root: The folder of all campaigns.
        name: The campaign that is to write to them.
        account: Of both; None: the one that has the source.
        source: `NAME` or `NAME/3`.
        only: Which outcome.
        reasons: Codes, or words of what they mean, such as `전원 꺼짐`; empty: any.
        report: Told how many rows of how many were looked at.

    Raises NotPossible where the run is not over, its recipients are deleted, or no such row is left.
    """
    run = find_run(store, source, account)
    _require_over(run)
    codes = codes_meant(reasons)
    folder = RunFolder(root, run.account, run.group, run.id)
    marks = folder.read_marks(run.marks, run.rows)
    chosen, left = bytearray(run.rows), Counter[Left]()
    awaits = row_counts(store, run.account, run).awaits_receipts
    outcomes = row_outcomes(store, run, marks, awaits_receipts=awaits, lost_before=lost_before(folder, run))
    for outcome in outcomes:
        if outcome.reached is not _WANTED[only]:
            if outcome.reached in _NEVER:
                left[_NEVER[outcome.reached]] += 1
        elif codes is None or outcome.code in codes:
            chosen[outcome.row] = 1
        else:
            left["other_reason" if outcome.code else "reason_gone"] += 1
        if report is not None:
            report(outcome.row + 1, run.rows)
    left["already"] = _leave_out(folder, run, taken_lines(store, root, run, only, name), chosen)
    if not any(chosen):
        remarks = ChosenRows(run, only, RunRecipients(folder, run, b""), 0, left).remarks()
        raise NotPossible(
            f"No row of {run.written} is {only} and left to be written to. {' '.join(remarks)}".strip()
        )
    recipients = RunRecipients(folder, run, bytes(chosen))
    return ChosenRows(run, only, recipients, chosen.count(1), dict(left))


def codes_meant(reasons: Sequence[str]) -> frozenset[str] | None:
    """Return the codes that these words mean; None where any code will do.

    A word is a code, or a part of what one means in Korean or English, with or without blanks. Raises
    NotPossible for a word that means none.
    """
    if not reasons:
        return None
    found: set[str] = set()
    for reason in reasons:
        codes = _codes_of(reason)
        if not codes:
            raise NotPossible(
                f"{reason!r} is not a code and not in the words of any. docs/receipt-codes.md lists them."
            )
        found |= codes
    return frozenset(found)


def _codes_of(reason: str) -> set[str]:
    word = _plain(reason)
    rows = (*SMS_CODES, *RCS_CODES)
    if find_code(reason) is not None or reason in {*OWN_CODES, *(row.code for row in rows)}:
        return {reason}
    return {row.code for row in rows if word and (word in _plain(row.words) or word in _plain(row.korean))}


def _plain(words: str) -> str:
    return "".join(words.lower().split())


def _require_over(run: Run) -> None:
    if run.state not in OVER:
        raise NotPossible(
            f"The run {run.written} is {run_word(run.state)}: its rows can be taken once it is done or "
            f"cancelled. `plexsend campaign cancel {run.written}` ends it."
        )
    if run.dropped_ms or (run.rows and not run.chunks):
        raise NotPossible(
            f"The recipients of {run.written} are deleted: nobody can be taken from it any more."
        )


def _leave_out(folder: RunFolder, run: Run, taken: Lines, chosen: bytearray) -> int:
    already = 0
    if not taken:
        return already
    for chunk in run.chunks:
        for row, (line, _) in enumerate(folder.read_chunk(chunk), chunk.first_row):
            if chosen[row] and line in taken:
                chosen[row] = 0
                already += 1
    return already
