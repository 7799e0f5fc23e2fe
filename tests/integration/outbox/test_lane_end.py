"""The end of a lane with a group, and what is put right where something of a lane was lost."""

from __future__ import annotations

import json

from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.constants import MOST_ENDED, TIDY_AGAIN_MS
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import ANSWERED, BULK, Bench, accepted, verdicts

DAY_MS = 86_400_000
SPRING = Lane("mms-bulk", None, "main", "spring")


def test_lane_ends_with_its_last_record_and_with_what_held_it(bench: Bench) -> None:
    bench.submit(["dead", "sent"], SPRING)
    of = {"dead": Outcome.REJECTED}
    bench.stop(
        settlement=verdicts(bench.take(lane=SPRING), Outcome.ACCEPTED, ANSWERED, of=of, code="c"), lane=SPRING
    )
    steer.pause(bench.store, Scope.LANE, SPRING.name, account="main", by="anna", why="x")
    steer.pause(bench.store, Scope.GROUP, "spring", account="main", by="anna", why="x")
    bench.let_pass(11_000, steadily=False)
    bench.submit(["waits"], SPRING)
    bench.sweep(keep_ms=10_000)
    assert SPRING in queries.lanes(bench.store), "a message still waits"
    steer.ask(bench.store, "main", "waits", Act.CANCEL)
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert queries.lanes(bench.store) == [BULK]
    assert [hold.field for hold in queries.holds(bench.store, "main")] == ["group pause spring"]
    assert audit(bench.store).ok
    bench.submit(["again"], SPRING)
    assert bench.record("again").lane == SPRING


def test_dropped_dead_letter_that_was_the_last_ends_its_lane(bench: Bench) -> None:
    bench.submit(["dead"], SPRING)
    bench.stop(settlement=verdicts(bench.take(lane=SPRING), Outcome.REJECTED), lane=SPRING)
    steer.ask(bench.store, "main", "dead", Act.DROP)
    assert queries.lanes(bench.store) == [BULK]
    assert bench.counts(BULK)["a:rejected"] == 1


def test_what_comes_late_for_an_ended_lane_counts_in_its_route(bench: Bench) -> None:
    bench.submit(["k"], SPRING)
    batch = bench.take(lane=SPRING)
    bench.stop(settlement=accepted(batch), lane=SPRING)
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    bench.settle(accepted(batch), SPRING)
    assert bench.counts(SPRING) == {}
    assert bench.counts(BULK)["late"] == 1


def test_sweep_ends_a_few_lanes_at_a_time_and_comes_back_for_the_others(bench: Bench) -> None:
    lanes = [Lane("mms-bulk", None, "main", f"g{number}") for number in range(2 * MOST_ENDED + 10)]
    for lane in lanes:
        bench.submit([f"k{lane.group}"], lane)
    for lane in lanes:
        bench.drain_all(lane)
    bench.let_pass(11_000, steadily=False)
    for left in (MOST_ENDED + 10, 10):
        found = bench.sweep(keep_ms=10_000)
        assert found.wait_ms <= TIDY_AGAIN_MS
        assert len(queries.lanes(bench.store)) == left + 1
    assert bench.sweep().wait_ms > TIDY_AGAIN_MS
    assert queries.lanes(bench.store) == [BULK]
    assert audit(bench.store).ok


def test_clock_set_back_is_cut_for_lanes_with_a_group_round_by_round(bench: Bench) -> None:
    lanes = [Lane("mms-bulk", None, "main", f"g{number}") for number in range(300)]
    for lane in lanes:
        bench.submit([f"k{lane.group}"], lane)
    bench.sweep(quota=0)
    bench.let_pass(-3_600_000, steadily=False, records=False)
    for _ in range(6):
        bench.sweep(quota=0)
    wake = bench.store.keys.grouped_wake("main", BULK.name)
    assert bench.store.client.zcount(wake, "-inf", queries.server_ms(bench.store) + 5_000) == 300
    assert json.dumps(bench.bells())
