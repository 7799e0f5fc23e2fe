"""Take: which messages go together, when a lane waits, and what a drain does with its lease."""

from __future__ import annotations

import pytest

from plexsend.outbox.advance import Mode, NothingTaken, Status
from plexsend.outbox.batches import Outcome
from plexsend.outbox.constants import DECLINED_MS, LEASE_MS
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.settings import Policy
from tests.integration.outbox.bench import (
    BULK,
    OTHERS,
    STANDARD,
    Bench,
    accepted,
    back,
    keys_in,
    keys_of,
    marked_alone,
    verdicts,
)


def test_backlog_goes_in_full_batches_in_order(bench: Bench) -> None:
    bench.submit(95)
    batches = bench.drain_all()
    assert [len(batch) for batch in batches] == [10] * 9 + [5]
    assert [key for batch in batches for key in batch] == keys_of(95)
    assert bench.counts() == {
        "submitted": 95, "s:accepted": 95, "c:C100": 95, "batches": 10, "fill": 95, "takes": 10, "ok": 10,
        "went": 95,
    }  # fmt: skip


def test_batch_holds_messages_of_its_lane_alone(bench: Bench) -> None:
    for lane in (BULK, STANDARD, OTHERS):
        bench.submit(keys_of(3, lane.name), lane)
    for lane in (BULK, STANDARD, OTHERS):
        batch = bench.take(f"p1.{lane.name}", lane=lane)
        assert (batch.lane, keys_in(batch)) == (lane, keys_of(3, lane.name))


def test_batch_tells_all_that_a_verdict_rests_on(bench: Bench) -> None:
    bench.submit(["a"], body="한글".encode())
    before = queries.server_ms(bench.store)
    batch = bench.take()
    message = batch.messages[0]
    assert (message.body, message.stamp) == ("한글".encode(), "mms:v2:1:aaaaaaaa")
    assert (message.attempts, message.tries, message.first_ms, message.failed_at_take) == (0, 0, None, None)
    assert (message.silent_takes, message.may_have_been_sent, message.alone) == (0, False, False)
    assert (batch.token, batch.take, batch.ok_take, batch.probe) == ("p1.1.1", 1, 0, False)
    assert before <= batch.taken_ms <= queries.server_ms(bench.store)
    assert "한글" not in repr(batch)
    assert bench.state("a") == State.SENDING


def test_fewer_than_ten_wait_for_the_linger_of_the_oldest(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=1_000)
    bench.submit(keys_of(4))
    bench.let_pass(700, steadily=False)
    bench.submit(keys_of(5, "later"))
    rest = bench.rest()
    assert (rest.status, rest.reason) == (Status.IDLE, "linger")
    assert 0 < rest.wait_ms <= 301
    left = bench.wake_in_ms()
    assert left is not None
    assert left <= rest.wait_ms
    bench.let_pass(rest.wait_ms, steadily=False)
    assert len(bench.take().messages) == 9


def test_tenth_message_ends_the_linger(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=60_000)
    bench.submit(9)
    assert bench.rest().reason == "linger"
    bench.submit(["tenth"])
    assert len(bench.take().messages) == 10


def test_drain_waits_out_a_short_linger_with_its_lease(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=80)
    bench.submit(["a"])
    rest = bench.rest(stay_ms=100)
    assert (rest.status, rest.reason) == (Status.STAY, "linger")
    assert bench.members("drains") == ["p1.1"]
    bench.let_pass(rest.wait_ms, steadily=False)
    assert bench.take(stay_ms=100).messages


def test_message_that_comes_back_keeps_its_place_in_front(bench: Bench) -> None:
    bench.submit(30)
    first = bench.take()
    second = bench.take("p1.2")
    bench.stop(settlement=verdicts(first, Outcome.BACK, delay_ms=60_000))
    bench.let_pass(61_000)
    assert keys_in(bench.take("p1.3")) == keys_in(first)
    assert keys_in(second) == keys_of(30)[10:20]


def test_message_marked_alone_goes_by_itself_and_its_neighbours_fill_up(bench: Bench) -> None:
    bench.submit(22)
    batch = bench.take()
    batches = [keys_in(bench.take(settlement=marked_alone(batch, ["k00000"])))]
    batches += [keys_in(bench.take("p1.2")), keys_in(bench.take("p1.3"))]
    assert batches == [["k00000"], keys_of(22)[1:11], keys_of(22)[11:21]]


def test_message_alone_further_back_does_not_shorten_the_batch_in_front(bench: Bench) -> None:
    bench.submit(3)
    batch = bench.take()
    bench.submit(keys_of(20, "n"))
    assert keys_in(bench.take(settlement=marked_alone(batch, ["k00002"]))) == [
        "k00000", "k00001", *keys_of(8, "n"),
    ]  # fmt: skip
    assert keys_in(bench.take("p1.2")) == ["k00002"]
    assert keys_in(bench.take("p1.3")) == keys_of(20, "n")[8:18]


def test_ten_marked_alone_go_in_ten_requests(bench: Bench) -> None:
    bench.submit(10)
    batch = bench.take()
    bench.stop(settlement=marked_alone(batch, keys_in(batch)))
    assert bench.drain_all() == [[key] for key in keys_of(10)]


def test_message_that_goes_alone_waits_for_no_linger(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=60_000)
    bench.submit(10)
    batch = bench.take()
    assert keys_in(bench.take(settlement=marked_alone(batch, ["k00000"]))) == ["k00000"]
    assert bench.rest("p1.2").reason == "linger"


def test_expired_messages_end_on_the_way_and_do_not_count(bench: Bench) -> None:
    soon = queries.server_ms(bench.store) + 5_000
    bench.submit(keys_of(25, "expires"), expires_at_ms=soon)
    bench.submit(keys_of(10, "stays"))
    bench.let_pass(6_000)
    assert keys_in(bench.take()) == keys_of(10, "stays")
    assert bench.counts()["s:expired"] == 25
    record = bench.record("expires00000")
    assert (record.state, record.ended_ms is not None) == (State.EXPIRED, True)
    assert bench.store.client.exists(bench.store.keys.body("main", "expires00000")) == 0


def test_flood_of_expired_messages_is_cleared_within_the_slice(bench: Bench) -> None:
    """One call looks through a bounded number; the drain goes on at once, without another doorbell."""
    soon = queries.server_ms(bench.store) + 5_000
    bench.submit(500, expires_at_ms=soon)
    bench.submit(["stays"])
    bench.let_pass(6_000)
    answers = [bench.call(stay_ms=100)]
    while isinstance(answers[-1], NothingTaken) and len(answers) < 10:
        assert (answers[-1].status, answers[-1].wait_ms) == (Status.STAY, 0)
        answers.append(bench.call(stay_ms=100))
    assert keys_in(answers[-1]) == ["stays"]
    assert len(answers) > 3


def test_expired_message_that_may_have_been_sent_is_parked(bench: Bench) -> None:
    bench.submit(["a"], expires_at_ms=queries.server_ms(bench.store) + 5_000)
    bench.rest(settlement=verdicts(bench.take(), Outcome.RETRY, delay_ms=1_000))
    bench.let_pass(6_000)
    assert bench.rest().reason == "empty"
    assert bench.state("a") == State.UNCERTAIN
    assert "expired, but it may have been sent" in bench.record("a").desc


def test_message_without_a_body_fails_by_name_and_its_neighbours_go(bench: Bench) -> None:
    bench.submit(["a", "b"])
    bench.store.client.delete(bench.store.keys.body("main", "a"))
    assert keys_in(bench.take()) == ["b"]
    assert (bench.state("a"), bench.record("a").code) == (State.FAILED, "NO_BODY")


def test_message_without_a_body_that_may_have_been_sent_is_parked(bench: Bench) -> None:
    bench.submit(["a"])
    bench.rest(settlement=verdicts(bench.take(), Outcome.RETRY, delay_ms=1_000))
    bench.store.client.delete(bench.store.keys.body("main", "a"))
    bench.let_pass(2_000)
    bench.rest()
    assert bench.state("a") == State.UNCERTAIN


def test_due_messages_come_in_the_order_of_their_times(bench: Bench) -> None:
    now = queries.server_ms(bench.store)
    for i, key in enumerate(["c", "a", "b"]):
        bench.submit([key], send_at_ms=now + 10_000 + i)
    bench.let_pass(11_000)
    assert keys_in(bench.take()) == ["c", "a", "b"]


def test_more_due_messages_than_one_call_moves_all_go(bench: Bench) -> None:
    bench.submit(230, send_at_ms=queries.server_ms(bench.store) + 10_000)
    bench.let_pass(11_000)
    batches = bench.drain_all()
    assert [len(batch) for batch in batches] == [10] * 23
    assert len({key for batch in batches for key in batch}) == 230


def test_no_more_drains_at_once_than_connections(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=3)
    bench.submit(100)
    for i in range(3):
        bench.take(f"p1.{i}")
    rest = bench.rest("p1.late")
    assert (rest.status, rest.reason) == (Status.ENOUGH, "connections")
    bench.stop("p1.0")
    # The bell that the stopped drain left behind stands for its place.
    assert bench.rest("p1.late").status == Status.ENOUGH
    bell = next(name for name in bench.members("drains") if name.startswith("bell:"))
    assert bench.take("p1.late", bell=bell).messages


def test_what_a_drain_without_a_place_gave_back_is_looked_at_in_time(bench: Bench) -> None:
    """Its lease lapsed and another has the place: that one may die too."""
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=1)
    bench.submit(20)
    batch = bench.take("p1.1")
    bench.let_pass(LEASE_MS + 1_000)
    bench.take("p1.2")
    bench.let_pass(8_000)
    assert bench.rest("p1.1", settlement=back(batch)).status == Status.ENOUGH
    left = bench.wake_in_ms()
    assert left is not None
    assert left <= 5_000


def test_settling_drain_keeps_its_lease_beyond_its_first_end(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=1)
    bench.submit(30)
    batch = bench.take("p1.1")
    bench.let_pass(LEASE_MS - 1_000, steadily=False)
    bench.take("p1.1", settlement=accepted(batch))
    bench.let_pass(LEASE_MS - 1_000, steadily=False)
    assert bench.rest("p1.2").status == Status.ENOUGH
    bench.let_pass(2_000, steadily=False)
    assert bench.take("p1.2").messages


def test_stale_doorbell_finds_nothing_and_leaves_nothing(bench: Bench) -> None:
    bench.submit(["a"])
    bench.drain_all()
    rest = bench.rest("p1.2", bell="bell:from-long-ago")
    assert (rest.status, rest.reason) == (Status.IDLE, "empty")
    assert bench.members("drains") == []
    assert bench.wake_in_ms() is None


def test_doubled_doorbell_starts_a_second_drain_within_the_connections(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=2)
    bench.submit(40)
    bell = bench.bells(quota=1)[0]
    batches = [bench.take(drain, bell=bell) for drain in ("p1.1", "p1.2")]
    assert keys_in(batches[0]) + keys_in(batches[1]) == keys_of(20)
    assert bench.rest("p1.3", bell=bell).status == Status.ENOUGH


def test_drain_that_yields_hands_its_place_to_no_other(bench: Bench) -> None:
    bench.submit(30)
    for drain, yields in (("p1.1", False), ("p1.2", True)):
        batch = bench.take(drain)
        rest = bench.rest(drain, accepted(batch), mode=Mode.STOP, yields=yields)
        assert bool(rest.bell) != yields
        bench.store.client.delete(bench.store.keys.lane("main", BULK.name, "drains"))
    left = bench.wake_in_ms()
    assert left is not None
    assert left <= 0


@pytest.mark.parametrize("ready", [0, 5])
def test_lane_with_nothing_left_does_not_wake(bench: Bench, ready: int) -> None:
    bench.submit(ready)
    bench.drain_all()
    assert bench.wake_in_ms() is None
    assert bench.members("drains") == []


def test_lane_of_a_drain_that_vanished_wakes_within_five_seconds(bench: Bench) -> None:
    bench.submit(30)
    bench.take()
    left = bench.wake_in_ms()
    assert left is not None
    assert left <= 5_000


def test_declined_doorbell_for_what_is_only_due_comes_to_another_in_a_moment(bench: Bench) -> None:
    bench.submit(["a"], send_at_ms=queries.server_ms(bench.store) + 1_000)
    bench.let_pass(1_001, steadily=False)
    (bell,) = bench.bells()
    bench.rest(bell=bell, mode=Mode.DECLINE)
    assert bench.wake_in_ms() == pytest.approx(DECLINED_MS, abs=50)
