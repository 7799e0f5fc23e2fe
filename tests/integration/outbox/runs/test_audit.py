"""The audit knows runs: what was fed was submitted, fates agree with records, ticks look at what is to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox import groups
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import pass_over
from tests.integration.outbox.runs.feeder import feed, lane_of, leased, read, running

if TYPE_CHECKING:
    from plexsend.outbox.runs.run import Run
    from tests.integration.outbox.bench import Bench


def breaks(bench: Bench) -> list[str]:
    return [each.what for each in audit(bench.store).discrepancies]


def fed(bench: Bench) -> Run:
    run = running(bench.store)
    lease = leased(bench.store, run)
    feed(bench.store, run, lease, range(10), fed=12, skipped=2)
    pass_over(bench.store, "main", run.group, lease, since=12, fed=15, skipped=3)
    return run


def end(bench: Bench) -> None:
    for _ in range(2):
        bench.let_pass(11_000, steadily=False)
        bench.sweep(keep_ms=10_000)


def test_what_was_fed_was_submitted_or_passed_over_at_every_moment(bench: Bench) -> None:
    run = fed(bench)
    assert breaks(bench) == []
    # A block whose mark is still to move.
    lease = leased(bench.store, run)
    feed(bench.store, run, lease, range(15, 25), fed=0)
    assert breaks(bench) == []
    pass_over(bench.store, "main", run.group, lease, since=15, fed=25, skipped=0)
    bench.drain_all(lane_of(run))
    assert breaks(bench) == []
    end(bench)
    assert breaks(bench) == []
    steps.finish(bench.store, "main", run.group)
    assert breaks(bench) == []
    steps.drop(bench.store, "main", run.group)
    assert breaks(bench) == []


@pytest.mark.parametrize("ended", [True, False])
def test_rows_that_were_fed_and_are_nowhere_are_named(bench: Bench, *, ended: bool) -> None:
    run = fed(bench)
    if ended:
        bench.drain_all(lane_of(run))
        end(bench)
    bench.store.client.hset(bench.store.keys.run("main", run.group), "fed", 20)
    assert breaks(bench) == ["the run spring/1: 15 rows were fed, but its lanes count 10 messages submitted"]
    # Redis went back behind them, and the feeder has said so.
    steps.write_fates(bench.store, "main", run.group, dict.fromkeys(range(15, 20), Fate.LOST))
    assert breaks(bench) == []


def test_messages_beyond_what_a_run_fed_are_named_once_it_is_over(bench: Bench) -> None:
    run = fed(bench)
    bench.drain_all(lane_of(run))
    bench.store.client.hset(bench.store.keys.run("main", run.group), "skipped", 9)
    assert breaks(bench) == []
    steps.finish(bench.store, "main", run.group)
    assert breaks(bench) == ["the run spring/1: 6 rows were fed, but its lanes count 10 messages submitted"]


def test_a_cancel_between_messages_and_their_mark_breaks_nothing(bench: Bench) -> None:
    run = fed(bench)
    feed(bench.store, run, leased(bench.store, run), range(15, 20), fed=0)
    steps.cancel(bench.store, "main", run.group, by="kim")
    groups.cancel(bench.store, "main", run.group, by="kim", why="over")
    steps.finish(bench.store, "main", run.group)
    assert breaks(bench) == []
    end(bench)
    assert breaks(bench) == []
    assert reading.fates(bench.store, "main", run.group, rows=20).decode() == "c" * 10 + " " * 5 + "c" * 5


def test_a_fate_beside_the_record_that_it_is_of_is_named(bench: Bench) -> None:
    run = fed(bench)
    bench.drain_all(lane_of(run))
    steps.write_fates(bench.store, "main", run.group, {3: Fate.REJECTED, 4: Fate.ACCEPTED, 14: Fate.INVALID})
    assert breaks(bench) == ["its record is there, but its run knows it as ended with the fate r"]
    # The fate may be that of its fallback, whose record has gone.
    bench.store.client.hset(bench.store.keys.record("main", run.key_of(3)), "b", "made")
    assert "its record is there" not in " ".join(breaks(bench))


def test_runs_that_nothing_is_known_of_are_named(bench: Bench) -> None:
    run = fed(bench)
    bench.store.client.delete(bench.store.keys.run("main", run.group))
    assert breaks(bench) == ["the run spring/1 is listed, but nothing is known of it"]
    bench.store.client.delete(bench.store.keys.runs("main"))
    assert breaks(bench) == ["the run spring/1 has messages, but is not among the runs"]


@pytest.mark.parametrize("name", ["run", "fates"])
def test_a_key_of_another_type_is_named_as_that_alone(bench: Bench, name: str) -> None:
    run = fed(bench)
    key = getattr(bench.store.keys, name)("main", run.group)
    bench.store.client.delete(key)
    bench.store.client.xadd(key, {"foreign": "value"})
    found = audit(bench.store).discrepancies
    assert [each.what.split(" is a ")[0] for each in found] == [f"the key {key}"]
    assert "Nothing is guessed" in found[0].remedy
    assert read(bench.store, running(bench.store).group).number == 2
