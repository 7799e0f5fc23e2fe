"""What a person asks for one message: cancel, requeue, drop, settle, in each state it can be in."""

from __future__ import annotations

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.reading import queries
from plexsend.outbox.states import DEAD, State
from plexsend.outbox.steer import Act, Decision
from tests.integration.outbox.bench import BULK, Bench, accepted, verdicts

STATES = list(State)


def ask(bench: Bench, act: Act, key: str = "a") -> Decision:
    return steer.ask(bench.store, "main", key, act)


def bring(bench: Bench, state: State) -> None:
    """Bring a message `a` into a state, by the shortest way."""
    now = queries.server_ms(bench.store)
    if state is State.SCHEDULED:
        bench.submit(["a"], send_at_ms=now + 60_000)
        return
    if state is State.EXPIRED:
        bench.submit(["a"], expires_at_ms=now + 1)
        bench.let_pass(10, steadily=False)
        bench.rest()
        return
    bench.submit(["a"])
    if state is State.CANCELLED:
        ask(bench, Act.CANCEL)
    elif state is not State.WAITING:
        batch = bench.take()
        outcomes = {
            State.UNCERTAIN: Outcome.PARK,
            State.ACCEPTED: Outcome.ACCEPTED,
            State.REJECTED: Outcome.REJECTED,
            State.FAILED: Outcome.FAILED,
        }
        if state in outcomes:
            bench.stop(settlement=verdicts(batch, outcomes[state]))
        elif state is not State.SENDING:
            bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED))
            # What a receipt does.
            bench.store.client.hset(bench.store.keys.record("main", "a"), "s", state)
    assert bench.state("a") == state


@pytest.mark.parametrize("state", STATES)
def test_cancel_in_each_state(bench: Bench, state: State) -> None:
    bring(bench, state)
    decision = ask(bench, Act.CANCEL)
    if state in (State.WAITING, State.SCHEDULED):
        assert decision == Decision("cancelled", State.CANCELLED)
        assert bench.members("ready") + bench.members("later") == []
        assert not bench.store.client.exists(bench.store.keys.body("main", "a"))
    elif state is State.SENDING:
        assert decision == Decision("wanted", State.SENDING)
    else:
        assert decision == Decision("refused", state)
        assert not decision.done
        assert bench.state("a") == state


@pytest.mark.parametrize("act", [Act.REQUEUE, Act.DROP])
@pytest.mark.parametrize("state", STATES)
def test_only_dead_letters_are_requeued_or_dropped(bench: Bench, state: State, act: Act) -> None:
    bring(bench, state)
    decision = ask(bench, act)
    assert decision.done == (state in DEAD)
    if not decision.done:
        assert bench.state("a") == state
    elif act is Act.DROP:
        assert queries.find(bench.store, "a") == []
        assert bench.counts()[f"a:{state}"] == 1
    else:
        assert bench.state("a") == State.WAITING


@pytest.mark.parametrize("act", [Act.ACCEPTED, Act.RESEND, Act.FAILED])
@pytest.mark.parametrize("state", STATES)
def test_only_what_is_parked_is_settled_by_a_person(bench: Bench, state: State, act: Act) -> None:
    bring(bench, state)
    decision = ask(bench, act)
    became = {Act.ACCEPTED: State.ACCEPTED, Act.RESEND: State.WAITING, Act.FAILED: State.FAILED}[act]
    assert decision == (
        Decision("settled", became) if state is State.UNCERTAIN else Decision("refused", state)
    )


@pytest.mark.parametrize("act", Act)
def test_nobody_knows_the_key(bench: Bench, act: Act) -> None:
    assert ask(bench, act, "nobody") == Decision("unknown", "")


def test_cancel_wanted_is_honoured_if_the_message_comes_back_unsent(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    ask(bench, Act.CANCEL)
    bench.stop(settlement=verdicts(batch, Outcome.BACK))
    assert bench.state("a") == State.CANCELLED


@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.PARK])
def test_cancel_wanted_parks_what_may_have_been_sent(bench: Bench, outcome: Outcome) -> None:
    bench.submit(["a"])
    batch = bench.take()
    ask(bench, Act.CANCEL)
    bench.stop(settlement=verdicts(batch, outcome))
    assert bench.state("a") == State.UNCERTAIN


def test_cancel_wanted_does_not_undo_an_acceptance(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    ask(bench, Act.CANCEL)
    bench.stop(settlement=accepted(batch))
    assert bench.state("a") == State.ACCEPTED


@pytest.mark.parametrize("delay_ms", [0, 60_000])
def test_cancel_parks_what_may_have_been_sent_before(bench: Bench, delay_ms: int) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY, delay_ms=delay_ms))
    assert ask(bench, Act.CANCEL) == Decision("parked", State.UNCERTAIN)
    assert bench.state("a") == State.UNCERTAIN


def test_requeued_message_starts_anew_and_goes_first(bench: Bench) -> None:
    bench.submit(["a"], expires_at_ms=queries.server_ms(bench.store) + 60_000)
    bench.stop(settlement=verdicts(bench.take(), Outcome.REJECTED, code="G141"))
    bench.submit([f"n{i}" for i in range(20)])
    bench.let_pass(61_000)
    assert ask(bench, Act.REQUEUE).outcome == "requeued"
    batch = bench.take("p1.2")
    assert batch.messages[0].msg_key == "a"
    assert (batch.messages[0].attempts, batch.messages[0].tries) == (0, 0)
    record = bench.record("a")
    assert (record.ended_ms, record.expires_at_ms) == (None, None)


def test_requeue_overrules_a_cancel_asked_for_before(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    ask(bench, Act.CANCEL)
    bench.stop(settlement=verdicts(batch, Outcome.REJECTED))
    ask(bench, Act.REQUEUE)
    bench.stop("p1.2", settlement=verdicts(bench.take("p1.2"), Outcome.BACK))
    assert bench.state("a") == State.WAITING


def test_resend_overrules_a_cancel_asked_for_before_and_goes_alone(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    ask(bench, Act.CANCEL)
    bench.stop(settlement=verdicts(batch, Outcome.RETRY))
    assert ask(bench, Act.RESEND).outcome == "settled"
    batch = bench.take("p1.2")
    assert (batch.messages[0].alone, batch.messages[0].may_have_been_sent) == (True, True)
    bench.stop("p1.2", settlement=verdicts(batch, Outcome.BACK))
    assert bench.state("a") == State.WAITING


def test_dead_letter_without_a_body_is_not_requeued(bench: Bench) -> None:
    bring(bench, State.REJECTED)
    bench.store.client.delete(bench.store.keys.body("main", "a"))
    assert ask(bench, Act.REQUEUE) == Decision("no_body", State.REJECTED)


@pytest.mark.parametrize("act", [Act.REQUEUE, Act.RESEND])
def test_message_asked_for_again_wakes_its_lane(bench: Bench, act: Act) -> None:
    bring(bench, State.REJECTED if act is Act.REQUEUE else State.UNCERTAIN)
    assert bench.wake_in_ms() is None
    ask(bench, act)
    assert len(bench.bells()) == 1


def test_late_verdict_of_a_take_before_a_requeue_is_late(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    bench.settle(verdicts(batch, Outcome.RETRY))
    bench.stop("p1.2", settlement=verdicts(bench.take("p1.2"), Outcome.REJECTED))
    ask(bench, Act.REQUEUE)
    bench.stop(settlement=accepted(batch))
    assert bench.state("a") == State.ACCEPTED


def test_books_stay_in_order_through_everything(bench: Bench) -> None:
    bring(bench, State.UNCERTAIN)
    for act in (Act.FAILED, Act.REQUEUE, Act.CANCEL):
        ask(bench, act)
    # It may have been sent, so a cancel parks it.
    assert bench.counts() == {
        "submitted": 1,
        "s:uncertain": 1,
        # It had failed, and was asked for again.
        "x:failed": 1,
        "takes": 1,
        "went": 1,
        "batches": 1,
        "fill": 1,
    }
    assert [record.msg_key for record in queries.listing(bench.store, BULK, "uncertain")] == ["a"]
