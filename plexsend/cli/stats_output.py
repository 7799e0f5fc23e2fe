"""How counts by day are shown: columns for people, objects for programs, files for spreadsheets."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from plexsend.outbox.states import FINAL, ResultOutcome
from plexsend.private_files import not_written
from plexsend.spreadsheets import ENCODING, cell
from plexsend.terminal.amounts import won
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from pathlib import Path

    from plexsend.gateway.receipt_codes import ReceiptCode
    from plexsend.outbox.reading.stats_table import By, StatsLine, StatsTable

_NOBODY = "-"
"""Shown where there is no code, no carrier or no price."""
_NO_CODES = ("", "*", "total")
"""Subjects of lines that are not about one code."""


def columns(table: StatsTable) -> list[Column]:
    """Return the columns that people see."""
    has_price = bool(table.total.won)
    return [
        Column(table.by, style="bold"),
        *([Column("submitted", right=True, leave_out=3)] if table.by.knows_submitted else []),
        *(Column(outcome, right=True, leave_out=_LEFT_OUT.get(outcome, 0)) for outcome in ResultOutcome),
        Column("billed", right=True, leave_out=0 if has_price else 2),
        *([Column("won", right=True)] if has_price else []),
        *(
            [Column(name, right=True, leave_out=turn) for name, turn in _OF_CHAINS]
            if _has_chains(table)
            else []
        ),
        *([Column("means", folds=True, least=24)] if _has_codes(table) else []),
    ]


_OF_CHAINS = (("fallbacks", 4), ("reached", 5))
"""Column, and its turn to be left out."""
_LEFT_OUT = {ResultOutcome.NONE: 1}
"""Outcome that a narrow terminal does without → its turn."""


def row(line: StatsLine, table: StatsTable) -> list[str]:
    """Return the cells of a line, in the order of the columns."""
    return [
        line.subject or _NOBODY,
        *([f"{line.submitted:,}"] if table.by.knows_submitted else []),
        *(f"{line.outcome(outcome):,}" for outcome in ResultOutcome),
        f"{line.billed:,}",
        *([_won(line)] if table.total.won else []),
        *([f"{line.fallbacks:,}", f"{line.reached:,}"] if _has_chains(table) else []),
        *([_in_both(line)] if _has_codes(table) else []),
    ]


# Nobody else has them.
def _has_chains(table: StatsTable) -> bool:
    return bool(table.total.fallbacks or table.total.reached)


def _has_codes(table: StatsTable) -> bool:
    return table.by == "code"


def meaning(line: StatsLine) -> str:
    """Return what the code of a line means; empty where nobody knows, and for the sum."""
    from plexsend.gateway.codes import code_words
    from plexsend.gateway.services import SERVICES

    if line.subject in _NO_CODES or line.said_of not in SERVICES:
        return ""
    found = _of_receipt(line)
    if found is not None:
        return found.words
    return code_words(line.subject)


# Who counts messages reads Korean sooner.
def _in_both(line: StatsLine) -> str:
    from plexsend.gateway.codes import code_words

    english = meaning(line)
    found = _of_receipt(line)
    korean = code_words(line.subject, korean=True) if found is None else found.korean
    return f"{english} ({korean})" if english and korean else english


def _of_receipt(line: StatsLine) -> ReceiptCode | None:
    from plexsend.gateway.receipt_codes import family_of, receipt_code
    from plexsend.gateway.services import SERVICES

    if not line.by_receipt or line.said_of not in SERVICES:
        return None
    return receipt_code(family_of(SERVICES[line.said_of].product.name), line.subject)


def _won(line: StatsLine) -> str:
    return _NOBODY if line.unpriced and not line.won else won(line.won)


def facts(line: StatsLine, table: StatsTable) -> dict[str, object]:
    """Return a line for programs. `won` is what those with a price cost, null where none has one."""
    return {
        "submitted": line.submitted if table.by.knows_submitted else None,
        **{str(state): line.states[state] for state in FINAL},
        **{str(outcome): line.outcome(outcome) for outcome in ResultOutcome},
        "billed": line.billed,
        "won": None if line.unpriced and not line.won else _plain(line.won),
        "unpriced": line.unpriced,
        "fallbacks": line.fallbacks,
        "reached": line.reached,
        "both": line.both,
    }


def write_csv(path: Path, table: StatsTable) -> None:
    """Write all columns and the sum to a file that spreadsheets open; FileProblem where that fails."""
    means = ["means"] if _has_codes(table) else []
    try:
        with path.open("w", encoding=ENCODING, newline="") as file:
            writer = csv.writer(file)
            writer.writerow([str(table.by), *facts(table.total, table), *means])
            writer.writerows(_cells(line, table) for line in (*table.lines, table.total))
    except OSError as exc:
        raise not_written(path, exc) from exc


def _cells(line: StatsLine, table: StatsTable) -> Sequence[object]:
    # A gateway could make up a code that a spreadsheet would compute, and 00000 is one of RCS.
    values = ["" if value is None else value for value in facts(line, table).values()]
    return [cell(line.subject), *values, *([cell(_in_both(line))] if _has_codes(table) else [])]


def _plain(won: Decimal) -> int | float:
    return int(won) if won == won.to_integral_value() else float(won)


def subject_of(line: StatsLine, by: By) -> dict[str, object]:
    """Return what a line is about, for programs: null where there is no code or no carrier."""
    desc = {"desc": meaning(line) or None} if by == "code" else {}
    return {str(by): line.subject or None, **desc}
