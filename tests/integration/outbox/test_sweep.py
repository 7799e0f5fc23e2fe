"""Sweep: doorbells for due lanes, what was abandoned, and processes that are gone."""

from __future__ import annotations

import pytest

from plexsend.outbox.batches import Outcome, Settlement, Verdict
from plexsend.outbox.constants import IDLE_ROUND_MS, SWEEP_LEASE_MS
from plexsend.outbox.lanes import Lane
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.outbox.sweep import awake
from plexsend.settings import Policy
from tests.integration.outbox.bench import (
    BULK,
    CREDIT,
    P1,
    P2,
    SHUT,
    STANDARD,
    Bench,
    accepted,
    back,
    keys_in,
    keys_of,
    verdicts,
)


def test_one_process_sweeps_until_its_lease_ends(bench: Bench) -> None:
    assert bench.sweep(P1).swept
    elsewhere = bench.sweep(P2)
    assert (elsewhere.swept, elsewhere.rings, elsewhere.abandoned) == (False, (), ())
    # Nothing is to be done here: the next round is seconds away, and the lease lasts beyond it.
    lease_ms = IDLE_ROUND_MS * 1.5
    assert SWEEP_LEASE_MS < elsewhere.wait_ms <= lease_ms
    assert bench.sweep(P1).swept
    bench.let_pass(round(lease_ms), steadily=False)
    assert bench.sweep(P2).swept
    assert not bench.sweep(P1).swept


def test_lease_over_an_account_with_work_or_beside_an_older_program_is_short(bench: Bench) -> None:
    bench.submit(1)
    bench.sweep(P1)
    assert bench.sweep(P2).wait_ms <= SWEEP_LEASE_MS
    bench.drain_all()
    seen_by_older_program(bench, WorkerProcess("old", 16, P1.services))
    bench.sweep(P1)
    assert bench.sweep(P2).wait_ms <= SWEEP_LEASE_MS


def test_process_that_is_to_sweep_takes_the_lease_from_the_one_it_names(bench: Bench) -> None:
    bench.sweep(P1)
    assert bench.sweep(P2).who == "p1"
    assert not bench.sweep(P2, takes_from="p3").swept
    assert bench.sweep(P2, takes_from="p1").swept
    assert not bench.sweep(P1).swept


def test_processes_of_an_older_program_are_seen_until_they_fall_silent(bench: Bench) -> None:
    seen_by_older_program(bench, P1)
    seen_by_older_program(bench, P2)
    assert set(bench.sweep(P1).processes) == {P1, P2}
    assert set(queries.processes(bench.store, "main")) == {P1, P2}
    bench.let_pass(5_001, steadily=False)
    assert queries.processes(bench.store, "main") == []


def seen_by_older_program(bench: Bench, process: WorkerProcess) -> None:
    """Write what each sweep of an older program writes of its own process."""
    now_ms = queries.server_ms(bench.store)
    bench.store.client.zadd(bench.store.keys.procs("main"), {str(process): now_ms})


def test_lane_gets_as_many_bells_as_it_can_use(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=8)
    bench.submit(35)
    assert len(bench.bells()) == 4
    # They are outstanding: nobody else is rung for until they lapse.
    assert bench.bells() == []
    bench.submit(keys_of(500, "x"))
    assert len(bench.bells()) == 4


def test_lost_bells_are_rung_again(bench: Bench) -> None:
    bench.submit(10)
    first = bench.bells()
    bench.let_pass(5_000, steadily=False)
    second = bench.bells()
    assert (len(first), len(second), set(first) & set(second)) == (1, 1, set())


def test_no_more_bells_than_the_workers_can_use(bench: Bench) -> None:
    bench.submit(500)
    rings = bench.sweep(quota=3).rings
    assert len(rings) == 3
    # The lane stays due: the next round rings on at once.
    assert bench.sweep(quota=0).rings == ()
    assert len(bench.sweep(quota=2).rings) == 2


def test_lanes_are_served_in_the_order_of_their_wakes(bench: Bench) -> None:
    lanes = [Lane("mms-bulk", variant, "main") for variant in ("C", "A", "B")]
    for lane in lanes:
        bench.submit(keys_of(10, lane.name), lane)
        bench.let_pass(10, steadily=False)
    assert [ring.lane for ring in bench.sweep(quota=2).rings] == lanes[:2]
    bench.submit(keys_of(10, "late"), lanes[0])
    assert bench.sweep(quota=2).rings[0].lane == lanes[2]


def test_quota_is_each_services_own(bench: Bench) -> None:
    for lane in (BULK, STANDARD):
        bench.submit(keys_of(100, lane.service), lane)
    rings = bench.sweep(quota=2).rings
    assert sorted(ring.lane.service for ring in rings) == ["mms-bulk"] * 2 + ["mms-standard"] * 2


def test_services_share_what_all_of_them_can_use(bench: Bench) -> None:
    for lane in (BULK, STANDARD):
        bench.submit(keys_of(100, lane.service), lane)
    assert len(bench.sweep(quota=8, most=9).rings) == 9
    assert bench.sweep(quota=8, most=0).rings == ()


def test_lane_with_more_drains_than_it_needs_lends_no_quota_to_others(bench: Bench) -> None:
    bench.submit(keys_of(40, "b"))
    for i in range(3):
        bench.take(f"p1.{i}")
    other = Lane("mms-bulk", "X", "main")
    bench.submit(keys_of(100, "x"), other)
    assert [ring.lane for ring in bench.sweep(quota=1).rings] == [other]


@pytest.mark.parametrize("quota", [0, -5])
def test_full_queue_keeps_the_lane_due(bench: Bench, quota: int) -> None:
    bench.submit(10)
    assert bench.sweep(quota=quota).rings == ()
    found = bench.sweep(quota=quota)
    assert (found.rings, found.wait_ms) == ((), 0)
    assert len(bench.sweep(quota=1).rings) == 1


def test_fewer_than_ten_are_rung_for_when_the_linger_is_over(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=1_000)
    bench.submit(3)
    bench.let_pass(900, steadily=False)
    found = bench.sweep()
    assert found.rings == ()
    assert 0 < found.wait_ms <= 101
    bench.let_pass(found.wait_ms, steadily=False)
    assert len(bench.bells()) == 1


def test_due_message_is_rung_for_at_its_time(bench: Bench) -> None:
    bench.submit(["a"], send_at_ms=queries.server_ms(bench.store) + 60_000)
    bench.let_pass(59_000)
    assert bench.bells() == []
    bench.let_pass(1_000, steadily=False)
    assert len(bench.bells()) == 1


def test_lane_of_a_service_nobody_knows_is_looked_at_again(bench: Bench) -> None:
    strange = Lane("rcs-mms-bulk", "RMM", "main")
    bench.submit(10, strange)
    assert bench.bells() == []
    left = bench.wake_in_ms(strange)
    assert left is not None
    assert 4_000 < left <= 5_000


@pytest.mark.parametrize("effect", [CREDIT, SHUT])
def test_held_lane_gets_no_bell_until_one_for_the_probe(bench: Bench, effect: object) -> None:
    bench.submit(500)
    bench.stop(settlement=back(bench.take(), effect))  # type: ignore[arg-type]  # an Effect
    assert bench.bells() == []
    bench.let_pass(30_000, steadily=False)
    assert len(bench.bells()) == 1


def test_message_past_its_deadline_is_abandoned_and_found_with_its_facts(bench: Bench) -> None:
    bench.submit(12)
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY, spent=True, delay_ms=1_000))
    bench.let_pass(2_000)
    batch = bench.take("p1.2")
    bench.let_pass(59_000)
    assert bench.find_abandoned()
    found = bench.find_abandoned()
    assert {item.message.msg_key for item in found} == set(keys_in(batch))
    item = found[0]
    assert (item.lane, item.token, item.message.body) == (BULK, batch.token, b"")
    assert (item.message.attempts, item.message.tries, item.message.may_have_been_sent) == (1, 1, True)


def test_abandoned_message_is_found_until_it_is_judged(bench: Bench) -> None:
    """The sweeper may die between finding and settling."""
    bench.submit(1)
    batch = bench.take()
    bench.let_pass(61_000)
    assert len(bench.find_abandoned()) == len(bench.find_abandoned()) == 1
    bench.settle(verdicts(batch, Outcome.RETRY, delay_ms=60_000))
    assert bench.find_abandoned() == []
    assert bench.state("k00000") == State.SCHEDULED


def test_abandoned_message_that_nobody_judges_keeps_no_sweeper_busy(bench: Bench) -> None:
    bench.submit(1)
    bench.take()
    bench.let_pass(61_000)
    assert bench.find_abandoned()
    bench.let_pass(1_000, steadily=False)
    found = bench.sweep()
    assert len(found.abandoned) == 1
    assert 500 < (bench.wake_in_ms() or 0) <= 1_000


def test_two_sweepers_judge_an_abandoned_message_once(bench: Bench) -> None:
    bench.submit(1)
    bench.take()
    bench.let_pass(61_000)
    found = bench.find_abandoned()[0]
    settlement = Settlement(found.token, 0, (Verdict("k00000", found.token, Outcome.RETRY, spent=True),))
    bench.settle(settlement, drain="p1.h")
    bench.settle(settlement, drain="p2.h")
    message = bench.take("p1.2").messages[0]
    assert (message.tries, message.attempts, message.silent_takes) == (1, 1, 1)


def test_settled_message_is_not_abandoned(bench: Bench) -> None:
    bench.submit(10)
    bench.stop(settlement=accepted(bench.take()))
    bench.let_pass(61_000)
    assert bench.find_abandoned() == []


def test_member_without_a_record_is_taken_out(bench: Bench) -> None:
    bench.submit(1)
    bench.take()
    bench.store.client.delete(bench.store.keys.record("main", "k00000"))
    bench.let_pass(61_000)
    assert bench.find_abandoned() == []
    assert bench.members("sending") == []


def test_nothing_is_reclaimed_for_one_reclaim_time_after_a_gap(bench: Bench) -> None:
    """Redis or all workers were away: verdicts may be on their way."""
    bench.submit(10)
    bench.sweep()
    bench.take()
    bench.let_pass(600_000, steadily=False)
    assert bench.find_abandoned() == []
    bench.let_pass(50_000)
    assert bench.find_abandoned() == []
    bench.let_pass(6_000)
    assert len(bench.find_abandoned()) == 10


def test_leases_of_a_process_that_is_gone_are_dropped(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=2)
    bench.submit(100)
    for process in (P1, P2):
        bench.sweep(P2, quota=0)
        bench.take(f"{process.name}.1")
    assert bench.bells(process=P2) == []
    found = bench.sweep(P2, gone=["p1"])
    assert (found.dropped, len(found.rings)) == (True, 1)
    assert "p2.1" in bench.members("drains")
    assert "p1.1" not in bench.members("drains")


def test_leases_of_an_older_program_that_is_gone_are_dropped(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=2)
    bench.submit(100)
    seen_by_older_program(bench, P1)
    for process in (P1, P2):
        bench.sweep(P2, quota=0)
        bench.take(f"{process.name}.1")
    bench.let_pass(3_000, steadily=False)
    bench.sweep(P2, quota=0)
    assert bench.bells(process=P2) == []
    bench.let_pass(2_500, steadily=False)
    assert len(bench.bells(process=P2)) == 1
    assert "p2.1" in bench.members("drains")
    assert "p1.1" not in bench.members("drains")
    assert bench.sweep(P2).processes == ()


def test_older_process_that_changed_its_pool_keeps_its_leases(bench: Bench) -> None:
    bench.submit(100)
    seen_by_older_program(bench, P1)
    bench.sweep(P2, quota=0)
    bench.take("p1.1")
    for _ in range(3):
        bench.let_pass(3_000, steadily=False)
        seen_by_older_program(bench, WorkerProcess("p1", 32, P1.services))
        bench.sweep(P2, quota=0)
    assert bench.members("drains") == ["p1.1"]


def test_leases_are_not_dropped_right_after_a_gap(bench: Bench) -> None:
    bench.submit(100)
    bench.sweep(P1, quota=0)
    seen_by_older_program(bench, WorkerProcess("p3", 16, P1.services))
    bench.take("p2.1")
    bench.take("p3.1")
    bench.let_pass(10_000, steadily=False)
    assert not bench.sweep(P1, quota=0, gone=["p2"]).dropped
    assert set(bench.members("drains")) == {"p2.1", "p3.1"}


def test_clock_set_back_stops_no_lane_for_longer_than_a_moment(bench: Bench) -> None:
    """An hour back: the dead sweeper's lease, wakes, doorbells, holds and deadlines all lie an hour ahead."""
    bench.submit(100)
    bench.submit(keys_of(10, "s"), STANDARD)
    bench.sweep(P1, quota=0)
    bench.take("p1.1")
    bench.stop("p1.2", settlement=back(bench.take("p1.2", lane=STANDARD), SHUT), lane=STANDARD)
    bench.let_pass(-3_600_000, steadily=False)
    assert bench.sweep(P2, quota=0).swept
    assert 0 < bench.left_ms(bench.standing("shut")) <= 1_000
    bench.let_pass(21_000)
    assert {ring.lane for ring in bench.sweep(P1).rings} == {BULK, STANDARD}
    bench.let_pass(40_000)
    assert len(bench.find_abandoned()) == 10


def test_account_with_lanes_of_groups_alone_is_awake(bench: Bench) -> None:
    assert awake(bench.store, ["main"]) == []
    bench.submit(["a"], Lane("mms-bulk", None, "main", "spring"))
    assert awake(bench.store, ["main", "others"]) == ["main"]
