"""A report read row by row says what the counts of the run say, whatever happened to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings

from plexsend.campaigns.definitions.defined import Definition
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.report.row_fates import RowFate
from plexsend.campaigns.report.rows import RowReader
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.campaigns.test_counting import DEEDS, ROWS, histories

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.outbox.bench import Bench

_names = iter(range(1, 1_000_000))


def read(run: RunBench, root: Path) -> tuple[Counter[str], Counter[RowFate]]:
    """Return the rows of a run by outcome and by fate."""
    folder = RunFolder(root, "main", run.group, run.run.id)
    chunk = folder.write_chunk(0, 0, [(row + 2, ("x",)) for row in range(ROWS)])
    marks = folder.write_marks(b" " * ROWS)
    definition = Definition(
        name="spring",
        service="rcs-mms-bulk" if run.chain else "mms-bulk",
        fallback={"service": "mms-bulk"} if run.chain else None,
    )
    its_run = replace(run.run, chunks=(chunk,), marks=marks)
    reader = RowReader(run.store, its_run, definition, folder, awaits_receipts=run.counts.awaits_receipts)
    rows = list(reader)
    return Counter(row.end.value for row in rows), Counter(row.fate for row in rows)


def check(run: RunBench, root: Path) -> None:
    ends, fates = read(run, root)
    counts = run.counts
    assert {name: ends[name] for name in counts.outcomes} == counts.outcomes, (counts, fates)
    assert fates[RowFate.AWAITED] == counts.awaited
    assert fates[RowFate.DELIVERED] == counts.delivered
    assert fates[RowFate.SUPPRESSED] == counts.suppressed
    assert fates[RowFate.INVALID] == counts.left_out
    assert fates[RowFate.UNKNOWN] + fates[RowFate.LOST] == counts.unknown
    assert fates[RowFate.EXPIRED] == counts.expired


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(chain=False))
# What is cancelled after a try without a code was once counted as suppressed.
@example(history=[("fed", 4), ("accepted", 0), ("fed", 1), ("given back", 0), ("cancelled", 0)])
def test_a_report_says_what_the_counts_say(
    bench: Bench, tmp_path: Path, history: list[tuple[str, int]]
) -> None:
    run = RunBench(bench, ROWS, f"rs{next(_names)}")
    for name, seed in history:
        DEEDS[name](run, seed)
    check(run, tmp_path)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(chain=True))
def test_a_report_says_of_chains_what_the_counts_say(
    bench: Bench, tmp_path: Path, history: list[tuple[str, int]]
) -> None:
    run = RunBench(bench, ROWS, f"rc{next(_names)}", chain=True)
    for name, seed in history:
        DEEDS[name](run, seed)
    check(run, tmp_path)
