"""Verdicts that come late: on a message of yesterday, of a take that Redis forgot, by a clock set back."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.outbox import steer
from plexsend.outbox.advance import NothingTaken
from plexsend.outbox.batches import Batch, Effect, Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import AUTH, BULK, CREDIT, P2, SHUT, Bench, accepted, back, verdicts

HOUR_MS = 3_600_000


def reclaimed(bench: Bench) -> Batch:
    """Return a batch whose drain was stopped for so long that its message was reclaimed."""
    bench.submit(["k"])
    batch = bench.take("p1.1")
    bench.let_pass(120_000)
    bench.settle(verdicts(batch, Outcome.RETRY))
    return batch


def forget_since(bench: Bench, saved: dict[bytes, bytes]) -> None:
    """Make Redis restart without its last second."""
    client = bench.store.client
    for name in list(client.scan_iter(f"{bench.store.keys.prefix}*")):
        client.delete(name)
    for name, value in saved.items():
        client.restore(name, 0, value)


def save(bench: Bench) -> dict[bytes, bytes]:
    client: Any = bench.store.client
    return {name: client.dump(name) for name in client.scan_iter(f"{bench.store.keys.prefix}*")}


def test_late_acceptance_of_a_dropped_message_does_not_end_its_successor(bench: Bench) -> None:
    old = reclaimed(bench)
    bench.stop("p2.1", verdicts(bench.take("p2.1"), Outcome.PARK))
    assert steer.ask(bench.store, "main", "k", Act.FAILED).done
    assert steer.ask(bench.store, "main", "k", Act.DROP).done
    bench.let_pass(1_000)
    bench.submit(["k"], body=b'{"corrected":1}')
    bench.stop("p1.1", accepted(old))
    assert bench.state("k") == State.WAITING, "no request ever held this one"
    assert bench.events("k") == ["late"]


def test_late_acceptance_of_an_archived_message_does_not_end_its_successor(bench: Bench) -> None:
    old = reclaimed(bench)
    bench.stop("p2.1", accepted(bench.take("p2.1")))
    bench.let_pass(20_000)
    bench.sweep(keep_ms=10_000, tidy=[BULK])
    bench.submit(["k"], body=b'{"other":1}')
    bench.stop("p1.1", accepted(old))
    assert bench.state("k") == State.WAITING


@pytest.mark.parametrize(
    ("outcome", "state"), [(Outcome.PARK, State.UNCERTAIN), (Outcome.RETRY, State.SCHEDULED)]
)
def test_uncertain_verdict_of_a_take_that_redis_forgot_marks_the_message(
    bench: Bench, outcome: Outcome, state: State
) -> None:
    bench.submit(["k"])
    saved = save(bench)
    batch = bench.take("p1.1")
    forget_since(bench, saved)
    answer = bench.call("p1.1", settlement=verdicts(batch, outcome, delay_ms=4_000, alone=True))
    assert isinstance(answer, NothingTaken), (
        "the very call that tells it may have been sent hands it out again"
    )
    record = bench.record("k")
    assert (record.state, record.may_have_been_sent, record.alone) == (state, True, True)


@pytest.mark.parametrize("outcome", [Outcome.PARK, Outcome.RETRY])
def test_what_is_being_sent_again_hears_that_it_may_have_been_sent(bench: Bench, outcome: Outcome) -> None:
    bench.submit(["k"])
    saved = save(bench)
    batch = bench.take("p1.1")
    forget_since(bench, saved)
    again = bench.take("p2.1")
    bench.stop("p1.1", verdicts(batch, outcome, delay_ms=4_000))
    assert (bench.state("k"), bench.record("k").may_have_been_sent) == (State.SENDING, True)
    bench.stop("p2.1", accepted(again))
    assert bench.state("k") == State.ACCEPTED


def sent_twice(bench: Bench) -> tuple[Batch, Batch]:
    """Return two batches of the same message: Redis forgot that it was taken, and handed it out again."""
    bench.submit(["k"])
    saved = save(bench)
    first = bench.take("p1.1")
    forget_since(bench, saved)
    return first, bench.take("p2.1")


@pytest.mark.parametrize(
    ("outcome", "code", "state"),
    [
        (Outcome.REJECTED, "71003", State.ACCEPTED),
        (Outcome.REJECTED, "G140", State.UNCERTAIN),
        (Outcome.FAILED, "C341", State.UNCERTAIN),
        (Outcome.BACK, "G150", State.WAITING),
    ],
)
def test_news_that_it_may_have_been_sent_counts_for_the_answer_under_way(
    bench: Bench, outcome: Outcome, code: str, state: State
) -> None:
    """Who judges the second answer took the message when nothing was known of the first."""
    first, again = sent_twice(bench)
    assert not again.messages[0].may_have_been_sent
    bench.stop("p1.1", verdicts(first, Outcome.RETRY, delay_ms=4_000))
    bench.stop("p2.1", verdicts(again, outcome, code=code))
    assert (bench.state("k"), bench.record("k").may_have_been_sent) == (state, True)


def test_cancel_that_waits_for_the_answer_ends_nothing_that_may_have_been_sent(bench: Bench) -> None:
    first, again = sent_twice(bench)
    assert steer.ask(bench.store, "main", "k", Act.CANCEL).outcome == "wanted"
    bench.stop("p1.1", verdicts(first, Outcome.PARK))
    bench.stop("p2.1", verdicts(again, Outcome.BACK))
    assert bench.state("k") == State.UNCERTAIN


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.RETRY, "late verdict: a request before may have sent it"),
        (Outcome.ACCEPTED, "accepted, but it had ended"),
    ],
)
def test_news_that_comes_after_the_end_is_remembered_for_a_requeue(
    bench: Bench, outcome: Outcome, words: str
) -> None:
    first, again = sent_twice(bench)
    bench.stop("p2.1", verdicts(again, Outcome.REJECTED, code="71003"))
    bench.stop("p1.1", verdicts(first, outcome, delay_ms=4_000))
    record = bench.record("k")
    assert (record.state, record.may_have_been_sent) == (State.REJECTED, True)
    assert record.history[-1].detail == words
    assert steer.ask(bench.store, "main", "k", Act.REQUEUE).done
    once_more = bench.take("p3.1")
    assert once_more.messages[0].may_have_been_sent
    bench.stop("p3.1", verdicts(once_more, Outcome.REJECTED, code="71003"))
    assert bench.state("k") == State.ACCEPTED


def test_message_that_waited_past_its_window_is_parked_and_not_sent_again(bench: Bench) -> None:
    bench.submit(["k"])
    batch = bench.take()
    bench.stop(settlement=verdicts(batch, Outcome.RETRY, delay_ms=2_000, until_ms=batch.taken_ms + HOUR_MS))
    steer.pause(bench.store, Scope.LANE, BULK.name, account="main", by="x", why="x")
    bench.let_pass(2 * HOUR_MS, steadily=False)
    steer.resume(bench.store, Scope.LANE, BULK.name, account="main")
    assert isinstance(bench.call("p1.2"), NothingTaken)
    assert bench.state("k") == State.UNCERTAIN
    assert "resend_within_s" in bench.record("k").desc


def test_answer_without_a_window_leaves_the_one_of_an_earlier_silence(bench: Bench) -> None:
    bench.submit(["k"])
    batch = bench.take()
    bench.stop(settlement=verdicts(batch, Outcome.RETRY, delay_ms=1, until_ms=batch.taken_ms + HOUR_MS))
    bench.let_pass(1_000)
    bench.stop("p1.2", verdicts(bench.take("p1.2"), Outcome.RETRY, delay_ms=1, code="C500_1"))
    bench.let_pass(HOUR_MS, steadily=False)
    assert isinstance(bench.call("p1.3"), NothingTaken)
    assert bench.state("k") == State.UNCERTAIN


def test_person_who_asks_for_a_resend_is_not_bound_by_the_window(bench: Bench) -> None:
    bench.submit(["k"])
    batch = bench.take()
    bench.stop(settlement=verdicts(batch, Outcome.PARK, until_ms=batch.taken_ms + 1))
    bench.let_pass(1_000)
    assert steer.ask(bench.store, "main", "k", Act.RESEND).done
    assert [message.msg_key for message in bench.take("p1.2").messages] == ["k"]


def test_clock_set_back_does_not_keep_a_few_messages_waiting(bench: Bench) -> None:
    bench.submit(3)
    bench.let_pass(-HOUR_MS, steadily=False)
    for _ in range(5):
        bench.let_pass(5_000, steadily=False)
        bench.sweep(P2, quota=0)
    assert isinstance(bench.call(), Batch)


@pytest.mark.parametrize("effect", [SHUT, CREDIT, AUTH], ids=["shut", "credit", "auth"])
def test_hold_starts_although_the_clock_was_set_back_after_the_last_one_ended(
    bench: Bench, effect: Effect
) -> None:
    bench.submit(40)
    bench.stop("p1.1", back(bench.take("p1.1"), effect))
    steer.resume(bench.store, Scope.ACCOUNT, "main", account="main")
    steer.resume(bench.store, Scope.LANE, BULK.name, account="main")
    bench.let_pass(-HOUR_MS, steadily=False)
    bench.sweep(P2, quota=0)
    bench.let_pass(30_000)
    batch = bench.take("p1.2")
    assert isinstance(bench.call("p1.2", settlement=back(batch, effect)), NothingTaken)
