"""Why rows of a run failed, the most frequent codes first, in words: for the reason of a pause."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.reading.row_outcomes import Reached, row_outcomes
from plexsend.gateway.codes import code_words
from plexsend.gateway.receipt_codes import family_of, is_listed, receipt_code

if TYPE_CHECKING:
    from plexsend.campaigns.reading.row_outcomes import RowOutcome
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

_SHOWN = 3
"""Codes that are named; the others are counted together."""
_PAGE, _MOST_ROWS = 500, 10_000
"""Rows that are read at once, and at most: those that failed may lie far behind the mark."""


def failure_words(store: Store, run: Run, failed: int) -> str:
    """Return the codes of the rows that failed and were fed last, in words; empty where none is known.

    Args:
        store: Where the run is.
        run: The run.
        failed: How many rows are looked for, the one that was fed last first.
    """
    found: Counter[str] = Counter()
    definition = Definition.from_json(run.definition)
    services = (definition.service, str((definition.fallback or {}).get("service") or definition.service))
    for end in range(run.fed, max(0, run.fed - _MOST_ROWS), -_PAGE):
        outcomes = row_outcomes(store, run, b"", awaits_receipts=True, rows=range(max(0, end - _PAGE), end))
        for outcome in reversed(list(outcomes)):
            if outcome.reached is Reached.FAILED and outcome.code:
                found[_words(outcome, services)] += 1
                if found.total() == failed:
                    return _listed(found)
    return _listed(found)


def _words(outcome: RowOutcome, services: tuple[str, str]) -> str:
    code = outcome.code
    words = code_words(code, korean=True)
    if outcome.by_receipt:
        # Of the message or of its fallback.
        family = next(
            (each for each in map(family_of, services) if is_listed(each, code)), family_of(services[0])
        )
        words = receipt_code(family, code).korean
    return f"{words} ({code})"


def _listed(found: Counter[str]) -> str:
    shown = found.most_common(_SHOWN)
    others = found.total() - sum(n for _, n in shown)
    return ", ".join([f"{n:,} × {words}" for words, n in shown] + [f"{others:,} others"] * bool(others))
