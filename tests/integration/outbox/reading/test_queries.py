"""What operators see of lanes, holds and messages."""

from __future__ import annotations

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from tests.integration.outbox.bench import BULK, CREDIT, OTHERS, STANDARD, Bench, back, keys_of, verdicts


def test_lane_is_seen_as_it_stands(bench: Bench) -> None:
    bench.submit(30)
    bench.submit(["late"], send_at_ms=queries.server_ms(bench.store) + 60_000)
    bench.stop(settlement=verdicts(bench.take(), Outcome.PARK))
    bench.stop("p1.2", settlement=verdicts(bench.take("p1.2"), Outcome.REJECTED))
    bench.take("p1.3")
    bench.submit(["old"])
    bench.let_pass(4_000, steadily=False)
    seen = queries.look_at(bench.store, BULK)
    assert (seen.ready, seen.later, seen.sending, seen.uncertain, seen.dead) == (1, 1, 10, 10, 10)
    assert seen.drains == 1
    assert seen.oldest_ready_ms is not None
    assert 4_000 <= seen.oldest_ready_ms < 10_000
    assert seen.counts["submitted"] == 32


def test_lapsed_drains_and_doorbells_are_not_counted_as_drains(bench: Bench) -> None:
    bench.submit(100)
    bench.take()
    bench.let_pass(21_000, steadily=False)
    bench.bells(quota=1)
    assert queries.look_at(bench.store, BULK).drains == 0


def test_lane_without_anything_ready_has_no_oldest(bench: Bench) -> None:
    assert queries.look_at(bench.store, BULK).oldest_ready_ms is None


def test_many_lanes_are_seen_in_few_round_trips_and_in_order(bench: Bench) -> None:
    lanes = [Lane("mms-bulk", None, "main", f"g-{n}") for n in range(120)]
    for n, lane in enumerate(lanes):
        bench.submit([f"k-{n}-{i}" for i in range(1 + n % 3)], lane)
    before = _calls(bench, "exec")
    seen = list(queries.look_at_all(bench.store, reversed(lanes)))
    assert [(view.lane, view.ready) for view in seen] == [
        (lane, 1 + n % 3) for n, lane in reversed(list(enumerate(lanes)))
    ]
    assert seen[0].counts["submitted"] == 3
    assert _calls(bench, "exec") - before == 3


def _calls(bench: Bench, command: str) -> int:
    stats = bench.store.client.info("commandstats").get(f"cmdstat_{command}", {})
    return int(stats.get("calls", 0))


def test_lanes_and_accounts_are_sorted(bench: Bench) -> None:
    for lane in (STANDARD, OTHERS, BULK):
        bench.submit(["x" + lane.name], lane)
    assert queries.lanes(bench.store) == [BULK, OTHERS, STANDARD]
    assert queries.accounts(bench.store) == ["main", "others"]


def test_name_that_is_no_lanes_hides_no_lane(bench: Bench) -> None:
    bench.submit(["x"], BULK)
    bench.store.client.sadd(bench.store.keys.lanes, "no lane at all")
    assert queries.lanes(bench.store) == [BULK]


def test_message_knows_its_place_in_line_or_its_time(bench: Bench) -> None:
    now_ms = queries.server_ms(bench.store)
    bench.submit(3)
    bench.submit(["late"], send_at_ms=now_ms + 60_000)
    assert [queries.place_in_line(bench.store, bench.record(key)) for key in keys_of(3)] == [0, 1, 2]
    assert queries.place_in_line(bench.store, bench.record("late")) is None
    assert queries.due_time(bench.store, bench.record("late")) == now_ms + 60_000
    assert queries.due_time(bench.store, bench.record("k00000")) is None


@pytest.mark.parametrize("n", [0, 1, 499, 500, 501, 1_203])
def test_listing_yields_every_record_once(bench: Bench, n: int) -> None:
    bench.submit(n)
    assert [record.msg_key for record in queries.listing(bench.store, BULK, "ready")] == keys_of(n)


def test_holds_that_cover_a_lane(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    steer.pause(bench.store, Scope.LANE, BULK.name, account="main", by="anna", why="x")
    steer.pause(bench.store, Scope.LANE, STANDARD.name, account="main", by="anna", why="x")
    found = queries.holds(bench.store, "main")
    assert {hold.field for hold in queries.covering(found, BULK)} == {
        "account credit main", "lane pause mms-bulk@main",
    }  # fmt: skip
    assert len(queries.covering(found, STANDARD)) == 2
    assert queries.covering(found, OTHERS) == []


def test_account_can_be_paused_before_it_has_a_lane(bench: Bench) -> None:
    steer.pause(bench.store, Scope.ACCOUNT, "main", account=None, by="anna", why="x")
    bench.submit(["a"])
    assert bench.rest().reason == "account pause main"


def test_resuming_what_is_not_held_ends_nothing(bench: Bench) -> None:
    assert steer.resume(bench.store, Scope.ACCOUNT, "main", account=None) == []
