"""What people see of a run, against the gateway's own ledger: sums, and the fate of each row."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

from plexsend.campaigns.reading.counting import row_counts
from tests.integration.campaigns.sending import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.outbox.runs.run import Run
    from tests.chaos.feeding.field import Field
    from tests.chaos.feeding.ledger import Told

_SENT, _NOT_SENT, _PERHAPS = (1, 1), (0, 0), (0, 1)
_FATES = {
    "delivered": ("success", _SENT),
    "accepted": ("success", _SENT),
    "scheduled": ("pending", _NOT_SENT),
    "waiting": ("pending", _NOT_SENT),
    "sending": ("pending", _PERHAPS),
    "accepted, receipt awaited": ("pending", _SENT),
    "uncertain, a person decides": ("pending", _PERHAPS),
    "rejected": ("failure", _NOT_SENT),
    "failed": ("failure", _NOT_SENT),
    "expired": ("failure", _NOT_SENT),
    "undelivered": ("failure", _SENT),
    "result unknown": ("failure", _PERHAPS),
    "lost from sight, perhaps sent": ("failure", _PERHAPS),
    "cancelled": ("excluded", _NOT_SENT),
    "suppressed": ("excluded", _NOT_SENT),
    "duplicate number": ("excluded", _NOT_SENT),
    "invalid row": ("excluded", _NOT_SENT),
}
"""What a report says of a row → the outcome, and how often the gateway may have accepted its message. Written
here a second time on purpose."""
_SAID_BY_A_PERSON = "PERSON"
_OUTCOMES = ("success", "failure", "pending", "excluded")
_FIRST_LINE = 2
_MOST_NAMED = 3


def judge_report(field: Field, run: Run, told: Told, *, archive: Path | None = None) -> Iterator[str]:
    """Yield what is wrong in `campaign report`: its sums, and each row's fate beside what was accepted."""
    path = field.folder / f"{run.group}.csv"
    words = ["--csv", str(path), "--lang", "en", "--whole-numbers", "--overwrite"]
    if archive is not None:
        words += ["--archive", str(archive)]
    facts = field.command("campaign", "report", run.written, *words)
    said = {outcome: int(facts[outcome]) for outcome in _OUTCOMES}
    if sum(said.values()) != run.rows or facts["rows"] != run.rows:
        yield f"the report's sums are not its {run.rows} rows: {said}"
    if (counted := row_counts(field.store, run.account, run).outcomes) != said:
        yield f"the counts say {counted}, and the report {said}"
    of_rows: Counter[str] = Counter()
    wrong: dict[str, list[int]] = {}
    row = -1
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row, line in enumerate(csv.DictReader(file)):
            outcome, _ = _FATES[line["fate"]]
            of_rows[outcome] += 1
            for fault in _judge_row(row, run, line, told):
                wrong.setdefault(fault, []).append(row)
    if row + 1 != run.rows:
        yield f"the report has {row + 1} lines"
    if any(of_rows[outcome] != said[outcome] for outcome in _OUTCOMES):
        yield f"its lines say {dict(of_rows)}, and its sums {said}"
    for fault, rows in wrong.items():
        yield f"{len(rows)} rows: {fault}, such as {rows[:_MOST_NAMED]}"


def _judge_row(row: int, run: Run, line: dict[str, str], told: Told) -> Iterator[str]:
    fate = line["fate"]
    outcome, (least, most) = _FATES[fate]
    if line["line"] != str(row + _FIRST_LINE) or line["휴대폰번호"].replace("-", "") != number_of(row):
        yield "the line is another row's"
    if line["outcome"] != outcome:
        yield f"{fate} counts as {line['outcome']}"
    if line["msg_key"] not in ("", run.key_of(row)):
        yield "it has the key of another row"
    if line["code"] == _SAID_BY_A_PERSON:
        least = 0
    times = told.accepted[run.key_of(row)]
    if not least <= times <= most:
        yield f"it is {fate}{' ' + line['code'] if line['code'] else ''}, and was accepted {times} times"


def judge_counts(field: Field, run: Run) -> Iterator[str]:
    """Yield what is wrong with a run that is to have reached every row."""
    counts = row_counts(field.store, run.account, run)
    if (run.fed, run.skipped) != (run.rows, 0):
        yield f"its mark is at {run.fed} of {run.rows}, {run.skipped} passed over"
    if counts.success != run.rows:
        yield f"its counts do not add up to {run.rows} successes: {counts.outcomes}"


def judge_ledger(told: Told, run: Run) -> Iterator[str]:
    """Yield what is wrong by the ledger where every row is to be reached: one key a row, accepted once."""
    wanted = {number_of(row): {run.key_of(row)} for row in range(run.rows)}
    if told.keys_to != wanted:
        missing = [number for number in wanted if number not in told.keys_to]
        other = [keys for number, keys in told.keys_to.items() if keys != wanted.get(number)]
        yield f"{len(missing)} rows were never sent, {len(other)} under other keys: {missing[:3]} {other[:3]}"
    doubled = {key: n for key, n in told.accepted.items() if n != 1}
    if doubled:
        yield f"{len(doubled)} messages were not accepted once: {list(doubled.items())[:5]}"
