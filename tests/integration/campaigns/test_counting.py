"""The rows of a run add up, whatever happened to them: compared with what their records and fates say."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plexsend.campaigns.reading.row_outcomes import Reached, row_outcomes
from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.prune import prune
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.failures import RunRefused
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.states import OVER
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from tests.integration.campaigns.run_bench import RunBench
from tests.integration.outbox.bench import DAY_MS, NUMBER_KEY, number_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.campaigns.reading.counting import RowCounts
    from tests.integration.outbox.bench import Bench

ROWS = 12
DELIVERED, UNDELIVERED, NOBODY_KNOWS = "0", "2", "o"
CALL = Suppressor(SuppressionSource.REFUSAL_CALL)
_names = count(1)


def some(run: RunBench, seed: int) -> list[str]:
    """Return the keys of about half the rows."""
    return [run.key(row) for row in range(ROWS) if (row * 7 + seed) % 13 < 6]


def ask_all(act: Act) -> Callable[[RunBench, int], object]:
    return lambda run, seed: [steer.ask(run.store, "main", key, act) for key in some(run, seed)]


def suppress_numbers(run: RunBench, seed: int) -> None:
    numbers = [number_of(key) for key in some(run, seed)]
    Suppressions(run.store, "main", NUMBER_KEY).add(numbers, SuppressionKind.ALL, CALL)


def archive(run: RunBench, _: int) -> None:
    """Take away every record that ended, and so the lanes of which nothing is left."""
    run.bench.let_pass(2 * DAY_MS, steadily=False)
    for _taken in prune(run.store, "main", timedelta(hours=1)):
        pass
    run.bench.sweep(keep_ms=43_200)


def step(do: Callable[[RunBench], object]) -> Callable[[RunBench, int], object]:
    """Do what may be refused in the state that the run has."""

    def ask(run: RunBench, _: int) -> None:
        with suppress(RunRefused):
            do(run)

    return ask


DEEDS: dict[str, Callable[[RunBench, int], object]] = {
    "fed": lambda run, seed: run.feed(1 + seed % 5),
    "invalid": lambda run, seed: run.pass_over(1 + seed % 2, Fate.INVALID),
    "lost": lambda run, seed: run.pass_over(1 + seed % 2, Fate.LOST),
    "accepted": lambda run, _: run.send(Outcome.ACCEPTED, "C100"),
    "rejected": lambda run, _: run.send(Outcome.REJECTED, "G140"),
    "failed": lambda run, _: run.send(Outcome.FAILED, "G160"),
    "parked": lambda run, _: run.send(Outcome.PARK, "C500_1"),
    "given back": lambda run, _: run.send(Outcome.BACK),
    "taken": lambda run, _: run.bench.call("p7.7", lane=run.lane),
    "fallbacks accepted": lambda run, _: run.send(Outcome.ACCEPTED, "C100", fallbacks=True),
    "fallbacks rejected": lambda run, _: run.send(Outcome.REJECTED, "G140", fallbacks=True),
    "delivered": lambda run, seed: run.receive("00000" if run.chain else DELIVERED, some(run, seed)),
    "undelivered": lambda run, seed: run.receive("74002" if run.chain else UNDELIVERED, some(run, seed)),
    "nobody knows": lambda run, seed: run.receive("X1" if run.chain else NOBODY_KNOWS, some(run, seed)),
    "fallbacks delivered": lambda run, seed: run.receive(DELIVERED, [f"{key}~f" for key in some(run, seed)]),
    "fallbacks undelivered": lambda run, seed: run.receive("2", [f"{key}~f" for key in some(run, seed)]),
    "cancelled": ask_all(Act.CANCEL),
    "requeued": ask_all(Act.REQUEUE),
    "dropped": ask_all(Act.DROP),
    "settled as failed": ask_all(Act.FAILED),
    "settled as accepted": ask_all(Act.ACCEPTED),
    "suppressed": suppress_numbers,
    "archived": archive,
    "paused": step(lambda run: steps.pause(run.store, "main", run.group, by="kim")),
    "resumed": step(lambda run: steps.resume(run.store, "main", run.group)),
    "run cancelled": step(RunBench.cancel),
    "run done": step(lambda run: steps.finish(run.store, "main", run.group)),
}


def histories(*, chain: bool) -> st.SearchStrategy[list[tuple[str, int]]]:
    names = [name for name in DEEDS if chain or "fallback" not in name]
    # Most deeds need rows that were fed.
    begin = st.just([("fed", 4), ("accepted", 0)])
    more = st.lists(st.tuples(st.sampled_from(names), st.integers(0, 99)), max_size=10)
    return st.builds(lambda first, rest: [*first, *rest], begin, more)


def by_rows(run: RunBench, counts: RowCounts) -> Counter[Reached]:
    return Counter(
        outcome.reached
        for outcome in row_outcomes(run.store, run.run, b" " * ROWS, awaits_receipts=counts.awaits_receipts)
    )


def check(run: RunBench) -> None:
    """Assert that the counts add up, each part is possible, and that rows are counted as they are."""
    counts = run.counts
    assert sum(counts.outcomes.values()) == counts.rows == ROWS, counts
    parts = {name: getattr(counts, name) for name in (*State, "suppressed", "left_out")}
    assert min(parts.values()) >= 0, counts
    assert sum(parts.values()) == ROWS, counts
    assert counts.not_fed == ROWS - run.run.fed, counts


def check_by_rows(run: RunBench) -> None:
    counts, rows = run.counts, by_rows(run, run.counts)
    over = run.run.state in OVER
    unsent = rows[Reached.UNSENT]
    taken_back = unsent - counts.expired - (0 if over else counts.not_fed)
    assert counts.success == rows[Reached.REACHED], (counts, rows)
    assert counts.suppressed == rows[Reached.SUPPRESSED]
    assert counts.left_out == rows[Reached.LEFT_OUT]
    assert counts.cancelled == taken_back
    assert (
        counts.failure == rows[Reached.FAILED] + rows[Reached.UNKNOWN] + rows[Reached.LOST] + counts.expired
    )
    waits = rows[Reached.PENDING] + rows[Reached.UNCERTAIN] + (0 if over else counts.not_fed)
    assert counts.pending == waits


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(chain=False))
def test_rows_add_up_and_are_counted_as_records_and_fates_have_them(
    bench: Bench, history: list[tuple[str, int]]
) -> None:
    run = RunBench(bench, ROWS, f"c{next(_names)}")
    check(run)
    for name, seed in history:
        DEEDS[name](run, seed)
        check(run)
        check_by_rows(run)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories(chain=True))
def test_a_message_and_its_fallback_are_one_row(bench: Bench, history: list[tuple[str, int]]) -> None:
    run = RunBench(bench, ROWS, f"r{next(_names)}", chain=True)
    for name, seed in history:
        DEEDS[name](run, seed)
        check(run)
        check_by_rows(run)


@pytest.mark.parametrize(
    "history",
    [
        "rejected, fallbacks accepted, delivered",
        "accepted, undelivered, fallbacks accepted, delivered",
        "accepted, undelivered, fallbacks accepted, fallbacks undelivered, delivered",
        "rejected, fallbacks rejected, delivered",
        "rejected, fallbacks rejected, requeued",
        "rejected, fallbacks rejected, requeued, rejected",
        "rejected, fallbacks rejected, requeued, accepted, requeued",
        "rejected, fallbacks accepted, fallbacks undelivered, requeued, accepted, delivered",
        "rejected, run cancelled",
        "accepted, undelivered, run cancelled",
    ],
)
@pytest.mark.parametrize("gone", [False, True])
def test_a_chain_counts_by_what_reached_somebody(bench: Bench, history: str, *, gone: bool) -> None:
    run = RunBench(bench, ROWS, chain=True)
    run.feed(ROWS)
    run.send(Outcome.ACCEPTED, "C100")
    run.send(Outcome.ACCEPTED, "C100")
    # All of them were fed: no row is left that could hide a wrong sum.
    for name in history.split(", "):
        DEEDS[name](run, 0)
        check(run)
        check_by_rows(run)
    before = run.counts
    if gone:
        archive(run, 0)
        check(run)
        check_by_rows(run)
        assert run.counts.outcomes == before.outcomes
