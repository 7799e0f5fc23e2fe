"""Verdicts on a take that is over, while a later take has the message, and what a reclaim leaves behind."""

from __future__ import annotations

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import Bench, accepted, verdicts


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.ACCEPTED])
def test_verdict_on_an_earlier_take_leaves_the_message_to_the_later(bench: Bench, outcome: Outcome) -> None:
    bench.submit(["a"])
    first = bench.take("p1.1")
    bench.settle(verdicts(first, Outcome.RETRY))
    second = bench.take("p2.1")
    bench.rest("p1.1", verdicts(first, outcome, code="G140"))
    assert bench.state("a") == State.SENDING
    bench.stop("p2.1", accepted(second))
    assert bench.state("a") == State.ACCEPTED
    assert bench.counts()["late"] == 1


def test_message_whose_drain_died_may_have_been_sent(bench: Bench) -> None:
    bench.submit(["a"])
    bench.settle(verdicts(bench.take(), Outcome.RETRY))
    assert bench.record("a").may_have_been_sent
    assert steer.ask(bench.store, "main", "a", Act.CANCEL).outcome == "parked"
