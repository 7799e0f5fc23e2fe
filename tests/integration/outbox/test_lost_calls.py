"""Calls whose reply or request is lost, that come twice or late: each takes effect once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plexsend.outbox.advance import Mode, Status
from plexsend.outbox.batches import Outcome
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.states import State
from plexsend.settings import Policy
from tests.integration.outbox.bench import (
    BULK,
    CREDIT,
    Bench,
    accepted,
    back,
    keys_in,
    keys_of,
    marked_alone,
    verdicts,
)


def test_same_ticket_again_gets_the_same_batch_word_for_word(bench: Bench) -> None:
    # Keys in the reverse of their order, so that the order of the answer is that of the positions.
    bench.submit(keys_of(30)[::-1])
    first = bench.take()
    bench.take("p1.2")
    bench.stop("p1.3", settlement=accepted(bench.take("p1.3")))
    # What went on the route by now is as of the answer.
    assert bench.repeat() == replace(first, went=30)
    bench.let_pass(4_000)
    # Its age counts from the take, not from the answer.
    assert bench.repeat() == replace(first, went=30, taken_ms=first.taken_ms - 4_000)


def test_same_ticket_again_tells_that_it_is_a_probe(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    bench.let_pass(30_000)
    probe = bench.take("p1.2")
    assert probe.probe
    assert bench.repeat("p1.2") == probe


def test_lost_reply_is_charged_once(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=1, linger_ms=0)
    bench.submit(30)
    first = bench.take()
    for _ in range(5):
        assert bench.repeat() == first
    # The tolerance is two batches; one was charged.
    assert len(bench.take("p1.2").messages) == 10
    assert bench.rest("p1.3").reason == "rate"


def test_lost_reply_with_a_settlement_settles_once_and_takes_once(bench: Bench) -> None:
    bench.submit(20)
    second = bench.take(settlement=accepted(bench.take()))
    assert bench.repeat() == second
    assert bench.counts() == {
        "submitted": 20, "s:accepted": 10, "s:sending": 10, "c:C100": 10, "batches": 1, "fill": 10,
        "takes": 2, "ok": 1, "went": 20,
    }  # fmt: skip


def test_same_ticket_after_its_batch_was_reclaimed_gets_nothing(bench: Bench) -> None:
    bench.submit(10)
    batch = bench.take()
    bench.settle(verdicts(batch, Outcome.RETRY, delay_ms=60_000))
    rest = bench.repeat()
    assert (rest.status, rest.reason) == (Status.STAY, "again")  # type: ignore[union-attr]  # a Rest


def test_same_ticket_after_part_of_its_batch_was_settled_gets_the_rest(bench: Bench) -> None:
    bench.submit(10)
    batch = bench.take()
    settled = accepted(batch)
    bench.settle(replace(settled, verdicts=settled.verdicts[:5]))
    assert keys_in(bench.repeat()) == keys_of(10)[5:]


def test_old_ticket_that_comes_late_takes_nothing(bench: Bench) -> None:
    """A call that timed out may still stand in the server's buffers and run after its repetition."""
    bench.submit(40)
    first = bench.take()
    old = dict(bench._last["p1.1"])
    second = bench.take(settlement=accepted(first))
    bench._last["p1.old"] = old
    answer = bench.repeat("p1.old")
    assert (answer.status, answer.reason) == (Status.STAY, "again")  # type: ignore[union-attr]  # a Rest
    assert bench.members("sending") == keys_in(second)


def test_old_stop_that_comes_late_leaves_the_drains_new_life_alone(bench: Bench) -> None:
    bench.submit(40)
    stopped = bench.stop(settlement=accepted(bench.take()))
    old = dict(bench._last["p1.1"])
    batch = bench.take(bell=stopped.bell)
    bench._last["p1.old"] = old
    bench.repeat("p1.old")
    assert bench.repeat() == batch
    assert "p1.1" in bench.members("drains")


def test_lost_reply_to_a_stop_tells_its_doorbell_again(bench: Bench) -> None:
    bench.submit(30)
    stopped = bench.stop(settlement=accepted(bench.take()))
    assert stopped.bell
    assert bench.repeat() == stopped
    assert [name for name in bench.members("drains") if name.startswith("bell:")] == [stopped.bell]
    assert bench.counts()["batches"] == 1


def test_drain_told_to_rest_is_forgotten(bench: Bench) -> None:
    for i in range(100):
        bench.submit([f"k{i}"])
        bench.drain_all(drain=f"p1.{i}")
    assert bench.store.client.hlen(bench.store.keys.lane("main", BULK.name, "takes")) == 0


def test_takes_of_drains_long_gone_are_forgotten(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=200)
    bench.submit(1_000)
    for i in range(100):
        bench.take(f"p1.{i}")
    bench.let_pass(901_000, steadily=False)
    bench.sweep()
    assert bench.store.client.hlen(bench.store.keys.lane("main", BULK.name, "takes")) == 0


def test_late_settlement_that_is_repeated_gives_permits_back_once(bench: Bench) -> None:
    """Given a batch that was reclaimed and taken by another, when its own drain gives it back unsent."""
    bench.policy = Policy(rate_per_s=1, linger_ms=0)
    put(bench.store, Where(), {"daily_limit": 1_000}, by="bench", reason="a test's own")
    bench.submit(40)
    first = bench.take("p1.1")
    bench.settle(verdicts(first, Outcome.RETRY, delay_ms=1))
    bench.let_pass(60_000)
    bench.stop("p2.1", accepted(bench.take("p2.1")))
    unsent = replace(verdicts(first, Outcome.BACK, code="STALE"), effects=())
    rate, day = bench.store.keys.rate("main", "mms-bulk"), bench.store.keys.day("main", "mms-bulk")
    client = bench.store.client

    def told() -> list[Any]:
        return [client.get(rate), client.get(day), bench.counts(), bench.record(keys_of(1)[0]).history]

    before = told()
    bench.stop("p1.1", unsent)
    once = told()
    assert int(before[0]) - int(once[0]) == 10_000_000, "what was charged for ten is given back"
    for _ in range(3):
        bench.repeat("p1.1")
    assert told() == once


def test_acceptance_of_a_reclaimed_batch_counts_once_however_often_it_comes(bench: Bench) -> None:
    bench.submit(10)
    first = bench.take("p1.1")
    bench.settle(verdicts(first, Outcome.RETRY, delay_ms=60_000))
    bench.stop("p1.1", accepted(first))
    once = bench.counts()
    assert once["s:accepted"] == 10
    bench.repeat("p1.1")
    assert bench.counts() == once


def end_three(bench: Bench, policy: Policy | None = None) -> list[str]:
    """Have three drains take a batch each and end one after the other; returns the doorbells they left."""
    batches = [bench.take(f"p1.{i}") for i in range(3)]
    bench.policy = policy or bench.policy
    return [bench.stop(f"p1.{i}", settlement=accepted(batch)).bell for i, batch in enumerate(batches)]


def test_stop_rings_for_what_the_others_leave(bench: Bench) -> None:
    bench.submit(40)
    bells = end_three(bench)
    assert [bool(bell) for bell in bells] == [False, False, True]
    assert bench.members("drains") == bells[2:]


def test_each_drain_that_ends_hands_its_place_on(bench: Bench) -> None:
    bench.submit(100)
    bells = end_three(bench)
    assert sorted(bench.members("drains")) == sorted(bells)
    assert len(set(bells)) == 3


def test_under_a_rate_one_doorbell_at_a_time_is_left(bench: Bench) -> None:
    bench.submit(100)
    bells = end_three(bench, Policy(rate_per_s=1_000, linger_ms=0))
    assert [bool(bell) for bell in bells] == [True, False, False]
    assert bench.members("drains") == bells[:1]


def test_stop_rings_although_a_doorbell_was_lost_before(bench: Bench) -> None:
    bench.submit(40)
    assert bench.bells(quota=1)
    batch = bench.take("p1.2")
    bench.let_pass(6_000, steadily=False)
    assert bench.stop("p1.2", settlement=accepted(batch)).bell


def test_stop_with_nothing_left_rings_nothing(bench: Bench) -> None:
    bench.submit(10)
    assert bench.stop(settlement=accepted(bench.take())).bell == ""
    assert (bench.members("drains"), bench.wake_in_ms()) == ([], None)


def test_stop_under_a_hold_rings_nothing_and_sleeps(bench: Bench) -> None:
    bench.submit(20)
    assert bench.stop(settlement=back(bench.take(), CREDIT)).bell == ""
    left = bench.wake_in_ms()
    assert left is not None
    assert 0 < left <= 5_000


def test_stop_with_everything_alone_rings(bench: Bench) -> None:
    bench.submit(10)
    batch = bench.take()
    assert bench.stop(settlement=marked_alone(batch, keys_in(batch))).bell


def test_drain_that_stops_before_its_first_call_gives_its_bell_back(bench: Bench) -> None:
    bench.submit(20)
    bell = bench.bells(quota=1)[0]
    rest = bench.rest("p1.2", mode=Mode.STOP, bell=bell)
    assert rest.bell not in ("", bell)
    assert bench.members("drains") == [rest.bell]


def test_message_is_not_handed_out_twice_without_a_verdict(bench: Bench) -> None:
    bench.submit(10)
    bench.take()
    bench.let_pass(3_600_000, steadily=False)
    assert bench.rest("p1.2").reason == "empty"
    assert bench.state("k00000") == State.SENDING
