"""Probes: one message at a time finds out whether a hold is over, and nothing else moves the hold."""

from __future__ import annotations

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Effect, Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.states import State
from tests.integration.outbox.bench import (
    ANSWERED,
    AUTH,
    BULK,
    CREDIT,
    FAULT,
    SHUT,
    SHUT_ALONE,
    STANDARD,
    Bench,
    accepted,
    back,
    keys_of,
    verdicts,
)


@pytest.mark.parametrize("effect", [CREDIT, SHUT])
def test_one_message_probes_at_a_time(bench: Bench, effect: Effect) -> None:
    bench.submit(50)
    bench.submit(50, Lane("mms-bulk", "X", "main"), body=b"2")
    bench.stop(settlement=back(bench.take(), effect))
    bench.let_pass(bench.standing(effect.kind).step_ms)
    probe = bench.take("p1.2")
    assert (probe.probe, len(probe.messages)) == (True, 1)
    assert bench.standing(effect.kind).probing
    assert bench.rest("p1.3").reason.startswith(("account credit", "lane shut"))
    assert len(bench.bells(quota=32)) == 0
    batch = bench.take("p1.2", settlement=accepted(probe))
    assert (len(batch.messages), batch.probe) == (10, False)
    assert bench.hold(effect.kind) is None
    assert len(bench.take("p1.3").messages) == 10


def test_account_on_probe_lets_one_message_go_over_all_its_lanes(bench: Bench) -> None:
    for lane in (BULK, STANDARD):
        bench.submit(keys_of(20, lane.service), lane)
    bench.stop(settlement=back(bench.take(), CREDIT))
    bench.let_pass(30_000)
    assert len(bench.take("p1.2", lane=STANDARD).messages) == 1
    assert bench.rest("p1.3", lane=BULK).reason == "account credit main"
    assert bench.rest("p1.4", lane=STANDARD).reason == "account credit main"


@pytest.mark.parametrize(
    ("effect", "first_ms", "longest_ms"), [(CREDIT, 30_000, 1_800_000), (SHUT, 1_000, 60_000)]
)
def test_probe_refused_again_doubles_the_step_up_to_the_longest(
    bench: Bench, effect: Effect, first_ms: int, longest_ms: int
) -> None:
    bench.submit(20)
    bench.rest(settlement=back(bench.take(), effect))
    step = first_ms
    for i in range(9):
        assert bench.standing(effect.kind).step_ms == step
        assert step - 1_000 < bench.left_ms(bench.standing(effect.kind)) <= step
        bench.let_pass(step, steadily=False)
        bench.rest(f"p1.{i}", settlement=back(bench.take(f"p1.{i}"), effect))
        step = min(step * 2, longest_ms)
    assert step == longest_ms


@pytest.mark.parametrize("effect", [CREDIT, SHUT])
def test_probe_that_tells_nothing_is_followed_by_one_after_the_same_step(
    bench: Bench, effect: Effect
) -> None:
    bench.submit(20)
    bench.rest(settlement=back(bench.take(), effect))
    step = bench.standing(effect.kind).step_ms
    bench.let_pass(step)
    bench.rest("p1.2", settlement=back(bench.take("p1.2")))
    hold = bench.standing(effect.kind)
    assert (hold.step_ms, hold.probing) == (step, False)
    assert step - 500 < bench.left_ms(hold) <= step


def test_only_the_probes_own_verdict_moves_a_hold(bench: Bench) -> None:
    """An acceptance from before the hold, or a refusal from elsewhere, says nothing of now."""
    bench.submit(50)
    accepting, refusing = bench.take("p1.1"), bench.take("p1.2")
    bench.stop("p1.3", settlement=back(bench.take("p1.3"), CREDIT, SHUT))
    before = [bench.standing("credit"), bench.standing("shut")]
    bench.rest("p1.1", settlement=accepted(accepting))
    bench.rest("p1.2", settlement=back(refusing, CREDIT, SHUT))
    assert [bench.standing("credit"), bench.standing("shut")] == before


def test_rejected_probe_opens_a_shut_lane_but_not_an_account_without_credit(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT, SHUT))
    bench.let_pass(30_000)
    probe = bench.take("p1.2")
    bench.rest("p1.2", settlement=verdicts(probe, Outcome.REJECTED, ANSWERED, code="G140"))
    assert bench.hold("shut") is None
    assert bench.standing("credit").step_ms == 30_000


@pytest.mark.parametrize("effect", [CREDIT, SHUT, AUTH, FAULT])
def test_answer_to_a_request_older_than_the_holds_end_starts_no_second_one(
    bench: Bench, effect: Effect
) -> None:
    bench.submit(50)
    slow = bench.take("p1.slow")
    bench.stop("p1.1", settlement=back(bench.take("p1.1"), effect))
    bench.let_pass(5_000)
    for scope, what in ((Scope.ACCOUNT, "main"), (Scope.LANE, BULK.name)):
        steer.resume(bench.store, scope, what, account="main")
    bench.stop("p1.slow", settlement=back(slow, effect))
    assert bench.hold(effect.kind) is None

    # The same answer to a request made afterwards does.
    bench.let_pass(1_000)
    bench.stop("p1.2", settlement=back(bench.take("p1.2"), effect))
    assert bench.hold(effect.kind) is not None


def test_answer_older_than_an_accepted_probe_starts_no_second_hold(bench: Bench) -> None:
    bench.submit(50)
    slow = bench.take("p1.slow")
    bench.stop("p1.1", settlement=back(bench.take("p1.1"), SHUT))
    bench.let_pass(1_000)
    bench.stop("p1.2", settlement=accepted(bench.take("p1.2")))
    bench.stop("p1.slow", settlement=back(slow, SHUT))
    assert bench.hold("shut") is None


@pytest.mark.parametrize("effect", [CREDIT, SHUT])
def test_probe_of_a_drain_that_died_lapses_and_another_goes(bench: Bench, effect: Effect) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), effect))
    bench.let_pass(bench.standing(effect.kind).step_ms)
    bench.take("p1.2")
    bench.let_pass(119_000)
    assert bench.standing(effect.kind).probing
    bench.let_pass(2_000)
    second = bench.take("p1.3")
    assert (second.probe, len(second.messages)) == (True, 1)
    assert bench.standing(effect.kind).step_ms in (30_000, 1_000)


def test_reclaimed_probe_gives_the_next_after_the_same_step(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    bench.let_pass(30_000)
    probe = bench.take("p1.2")
    bench.let_pass(61_000)
    found = bench.find_abandoned()
    assert [item.token for item in found] == [probe.token]
    bench.settle(verdicts(probe, Outcome.RETRY, delay_ms=2_000))
    hold = bench.standing("credit")
    assert (hold.probing, hold.step_ms) == (False, 30_000)
    # Its verdict comes late: it is no probe any more.
    bench.stop("p1.2", settlement=accepted(probe))
    assert bench.state(probe.messages[0].msg_key) == State.ACCEPTED
    assert bench.standing("credit") == hold


def test_probe_that_goes_alone_does_not_double(bench: Bench) -> None:
    bench.submit(1)
    bench.rest(settlement=verdicts(bench.take(), Outcome.RETRY, SHUT, alone=True))
    bench.let_pass(1_000)
    bench.rest("p1.2", settlement=verdicts(bench.take("p1.2"), Outcome.RETRY, SHUT_ALONE, alone=True))
    assert bench.standing("shut").step_ms == 1_000


def test_probe_rather_takes_a_message_that_does_not_go_alone(bench: Bench) -> None:
    bench.submit(20)
    batch = bench.take()
    bench.stop(settlement=verdicts(batch, Outcome.BACK, SHUT, alone=True))
    bench.let_pass(1_000)
    assert [message.msg_key for message in bench.take("p1.2").messages] == ["k00010"]


def test_probe_takes_one_that_goes_alone_where_there_is_no_other(bench: Bench) -> None:
    bench.submit(10)
    bench.stop(settlement=verdicts(bench.take(), Outcome.BACK, SHUT, alone=True))
    bench.let_pass(1_000)
    assert [message.msg_key for message in bench.take("p1.2").messages] == ["k00000"]


def test_pause_outlives_every_other_hold_and_their_probes(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    bench.let_pass(30_000)
    probe = bench.take("p1.2")
    steer.pause(bench.store, Scope.ACCOUNT, "main", account=None, by="anna", why="price")
    assert bench.rest("p1.2", settlement=accepted(probe)).reason == "account pause main"
    assert bench.hold("credit") is None
    bench.let_pass(86_400_000, steadily=False)
    assert bench.rest("p1.3").reason == "account pause main"
    assert steer.resume(bench.store, Scope.ACCOUNT, "main", account=None) == ["account pause main"]
    assert bench.take("p1.4").messages


def test_pause_while_a_probe_is_due_sends_no_probe(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    steer.pause(bench.store, Scope.ACCOUNT, "main", account=None, by="anna", why="price")
    bench.let_pass(30_000)
    assert bench.bells() == []
    assert bench.rest("p1.2").reason == "account pause main"
