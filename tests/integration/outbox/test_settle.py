"""Settle: what each verdict makes of a message, and what it must never make of it."""

from __future__ import annotations

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Effect, EffectKind, Outcome, Settlement, Verdict
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.outbox.bench import ANSWERED, Bench, accepted, keys_in, keys_of, verdicts


def has_body(bench: Bench, key: str) -> bool:
    return bool(bench.store.client.exists(bench.store.keys.body("main", key)))


def test_each_message_gets_its_own_verdict(bench: Bench) -> None:
    bench.submit(6)
    batch = bench.take()
    wanted = dict(zip(keys_of(6), Outcome, strict=True))
    bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, of=wanted, delay_ms=1_000))
    assert {key: bench.state(key) for key in keys_of(6)} == {
        "k00000": State.ACCEPTED,
        "k00001": State.REJECTED,
        "k00002": State.FAILED,
        "k00003": State.SCHEDULED,
        "k00004": State.SCHEDULED,
        "k00005": State.UNCERTAIN,
    }
    assert [has_body(bench, key) for key in keys_of(6)] == [False, True, True, True, True, True]
    assert bench.members("dead") == ["k00001", "k00002"]
    assert [bench.record(key).may_have_been_sent for key in keys_of(6)] == [False] * 4 + [True] * 2


def test_accepted_message_keeps_what_tells_of_it_and_no_more(bench: Bench) -> None:
    bench.submit(["a"])
    bench.rest(settlement=accepted(bench.take()))
    fields = bench.store.client.hgetall(bench.store.keys.record("main", "a"))
    assert sorted(name for name, value in fields.items() if value) == [b"c", b"d", b"e", b"l", b"p", b"s"]
    assert bench.record("a").history == ()


def test_what_comes_back_at_once_stands_at_its_place_with_the_reason_noted(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=verdicts(bench.take(), Outcome.BACK, code="G150", detail="no credit left"))
    assert bench.members("ready") == keys_of(20)
    record = bench.record("k00000")
    assert (record.state, record.attempts, record.flags) == (State.WAITING, 0, "")
    assert (record.code, record.desc) == ("G150", "no credit left")


def test_attempts_and_tries_are_kept_for_the_next_verdict(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    before = queries.server_ms(bench.store)
    bench.stop(settlement=verdicts(batch, Outcome.RETRY, alone=True))
    batch = bench.take("p1.2")
    message = batch.messages[0]
    assert (message.attempts, message.tries, message.failed_at_take) == (0, 1, 1)
    assert message.first_ms is not None
    assert before <= message.first_ms <= queries.server_ms(bench.store)
    assert (message.may_have_been_sent, message.alone) == (True, True)

    bench.stop("p1.2", settlement=verdicts(batch, Outcome.RETRY, spent=True))
    again = bench.take("p1.3").messages[0]
    assert (again.attempts, again.tries, again.failed_at_take) == (1, 2, 2)
    assert again.first_ms == message.first_ms


def test_take_tells_whether_the_lane_delivered_since(bench: Bench) -> None:
    bench.submit(21)
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY, delay_ms=60_000))
    bench.stop("p1.2", settlement=accepted(bench.take("p1.2")))
    batch = bench.take("p1.3")
    # Take 1 failed, take 2 was accepted, this is take 3.
    assert (batch.take, batch.ok_take) == (3, 2)


def test_older_take_that_is_accepted_later_does_not_hide_the_newer(bench: Bench) -> None:
    bench.submit(30)
    older, newer = bench.take("p1.1"), bench.take("p1.2")
    bench.stop("p1.2", settlement=accepted(newer))
    bench.stop("p1.1", settlement=accepted(older))
    assert bench.take("p1.3").ok_take == newer.take


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.BACK])
def test_message_that_may_have_been_sent_never_ends_failed_or_cancelled(
    bench: Bench, outcome: Outcome
) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY))
    batch = bench.take("p1.2")
    if outcome is Outcome.BACK:
        assert steer.ask(bench.store, "main", "a", Act.CANCEL).outcome == "wanted"
    bench.stop("p1.2", settlement=verdicts(batch, outcome, code="?"))
    assert bench.state("a") == State.UNCERTAIN
    assert has_body(bench, "a")


def test_message_whose_drain_died_never_ends_failed(bench: Bench) -> None:
    bench.submit(["a"])
    bench.settle(verdicts(bench.take(), Outcome.FAILED, code="TAKEN"))
    assert bench.state("a") == State.UNCERTAIN
    assert bench.record("a").may_have_been_sent


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.FAILED])
def test_message_that_may_have_been_sent_is_parked_where_the_gateway_refuses_it(
    bench: Bench, outcome: Outcome
) -> None:
    bench.submit(["a"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY))
    bench.stop("p1.2", settlement=verdicts(bench.take("p1.2"), outcome, code="G140", detail="sender number"))
    record = bench.record("a")
    assert (record.state, record.code) == (State.UNCERTAIN, "G140")
    assert record.desc == "sender number; parked, as an earlier request may have sent it"


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.FAILED])
def test_key_that_the_gateway_knows_proves_that_an_earlier_request_sent_it(
    bench: Bench, outcome: Outcome
) -> None:
    bench.submit(["a", "b"])
    bench.stop(settlement=verdicts(bench.take(), Outcome.RETRY))
    bench.stop("p1.2", settlement=verdicts(bench.take("p1.2"), outcome, code="71003"))
    record = bench.record("a")
    assert (record.state, record.code, record.history[-1].event) == (State.ACCEPTED, "71003", "accept")
    bench.submit(["never sent"])
    bench.stop("p1.3", settlement=verdicts(bench.take("p1.3"), outcome, code="71003"))
    assert bench.state("never sent") in (State.REJECTED, State.FAILED)


def test_settling_twice_changes_nothing_more(bench: Bench) -> None:
    """The reply was lost: the same call comes again."""
    bench.submit(6)
    batch = bench.take()
    wanted = dict(zip(keys_of(6), Outcome, strict=True))
    settlement = verdicts(batch, Outcome.ACCEPTED, of=wanted, delay_ms=1_000, code="X", spent=True)
    bench.stop(settlement=settlement)
    counts, records = bench.counts(), [bench.record(key) for key in keys_of(6)]
    bench.repeat()
    bench.settle(settlement)
    assert bench.counts() == counts
    assert [bench.record(key) for key in keys_of(6)] == records


def test_repeated_rest_settles_and_counts_once(bench: Bench) -> None:
    bench.submit(["a"])
    bench.rest(settlement=verdicts(bench.take(), Outcome.BACK, ANSWERED, delay_ms=60_000, code="G150"))
    counts, record = bench.counts(), bench.record("a")
    bench.repeat()
    assert (bench.counts(), bench.record("a")) == (counts, record)
    assert (counts["batches"], counts["fill"], counts["c:G150"]) == (1, 1, 1)


def test_verdict_for_a_record_that_is_gone_is_counted_as_late(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    bench.store.client.delete(bench.store.keys.record("main", "a"), bench.store.keys.body("main", "a"))
    bench.stop(settlement=accepted(batch))
    assert bench.counts()["late"] == 1
    assert queries.find(bench.store, "a") == []


@pytest.mark.parametrize("delay_ms", [0, 60_000])
@pytest.mark.parametrize("outcome", [Outcome.RETRY, Outcome.PARK])
def test_late_acceptance_settles_what_is_ready_later_or_parked(
    bench: Bench, outcome: Outcome, delay_ms: int
) -> None:
    bench.submit(["a"])
    batch = bench.take()
    bench.settle(verdicts(batch, outcome, delay_ms=delay_ms))
    bench.stop(settlement=accepted(batch))
    assert bench.state("a") == State.ACCEPTED
    assert not has_body(bench, "a")
    assert [bench.members(part) for part in ("ready", "later", "sending", "uncertain")] == [[], [], [], []]
    assert bench.events("a")[-1] == "accept_late"
    assert bench.counts()["late"] == 1


@pytest.mark.parametrize(
    "outcome", [Outcome.REJECTED, Outcome.FAILED, Outcome.BACK, Outcome.RETRY, Outcome.PARK]
)
def test_any_other_late_verdict_is_only_noted(bench: Bench, outcome: Outcome) -> None:
    bench.submit(["a"])
    batch = bench.take()
    bench.settle(verdicts(batch, Outcome.RETRY))
    before = bench.record("a")
    bench.stop(settlement=verdicts(batch, outcome, code="G140"))
    after = bench.record("a")
    assert (after.state, after.tries, after.flags) == (State.WAITING, before.tries, before.flags)
    assert after.history[-1].event == "late"


@pytest.mark.parametrize("second", Outcome)
def test_late_acceptance_of_a_message_under_way_again_waits_for_the_second_answer(
    bench: Bench, second: Outcome
) -> None:
    bench.submit(["a"])
    first = bench.take()
    bench.settle(verdicts(first, Outcome.RETRY))
    batch = bench.take("p1.2")
    bench.stop(settlement=accepted(first))
    assert bench.state("a") == State.SENDING
    bench.stop("p1.2", settlement=verdicts(batch, second))
    assert bench.state("a") == State.ACCEPTED


def test_late_acceptance_of_what_has_ended_is_only_noted(bench: Bench) -> None:
    bench.submit(["a"])
    first = bench.take()
    bench.settle(verdicts(first, Outcome.RETRY))
    bench.stop("p1.2", settlement=verdicts(bench.take("p1.2"), Outcome.PARK))
    assert steer.ask(bench.store, "main", "a", Act.FAILED).done
    bench.stop(settlement=accepted(first))
    record = bench.record("a")
    assert (record.state, record.history[-1].detail) == (State.FAILED, "accepted, but it had ended")


def test_reclaimed_message_that_is_settled_without_a_verdict_counts_its_silent_takes(bench: Bench) -> None:
    bench.submit(["a"])
    for i in range(3):
        batch = bench.take(f"p1.{i}")
        assert batch.messages[0].silent_takes == i
        bench.settle(verdicts(batch, Outcome.RETRY))
    assert bench.counts()["reclaims"] == 3


def test_settling_for_another_wakes_the_lane_at_once(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take(bell=bench.bells()[0])
    left = bench.wake_in_ms()
    assert left is not None
    assert left > 4_000
    bench.settle(verdicts(batch, Outcome.RETRY))
    left = bench.wake_in_ms()
    assert left is not None
    assert left <= 0


def test_backoff_shorter_than_the_next_wake_wakes_the_lane_in_time(bench: Bench) -> None:
    bench.submit(20)
    bell = bench.bells()[0]
    batch = bench.take(bell=bell)
    left = bench.wake_in_ms()
    assert left is not None
    assert left > 4_000
    bench.take(settlement=verdicts(batch, Outcome.RETRY, delay_ms=700))
    left = bench.wake_in_ms()
    assert left is not None
    assert left <= 700


def test_history_is_bounded(bench: Bench) -> None:
    bench.submit(["a"])
    for i in range(60):
        bench.stop(f"p1.{i}", settlement=verdicts(bench.take(f"p1.{i}"), Outcome.BACK, code=str(i)))
    record = bench.record("a")
    assert len(record.history) == 50
    assert record.history[-1].code == "59"


def test_verdicts_of_several_takes_fit_in_one_settlement(bench: Bench) -> None:
    """A sweep settles whatever it found, each message fenced by the token of its own take."""
    bench.submit(20)
    batches = [bench.take("p1.1"), bench.take("p1.2")]
    entries = tuple(
        Verdict(message.msg_key, batch.token, Outcome.RETRY)
        for batch in batches
        for message in batch.messages
    )
    bench.settle(Settlement("", 0, entries))
    assert bench.members("ready") == keys_of(20)
    assert bench.counts()["reclaims"] == 20


def test_batches_and_their_fill_are_counted(bench: Bench) -> None:
    bench.submit(13)
    bench.drain_all()
    counts = bench.counts()
    assert (counts["batches"], counts["fill"], counts["c:C100"]) == (2, 13, 13)


def test_no_request_no_batch_counted(bench: Bench) -> None:
    bench.submit(["a"])
    batch = bench.take()
    back = Verdict("a", batch.token, Outcome.BACK, detail="taken too long ago")
    bench.stop(settlement=Settlement(batch.token, batch.take, (back,)))
    assert "batches" not in bench.counts()
    assert keys_in(bench.take("p1.2")) == ["a"]


def test_smaller_batches_for_ten_minutes(bench: Bench) -> None:
    bench.submit(100)
    batch = bench.take()
    effect = Effect(EffectKind.SMALLER, 10, "G160")
    batch = bench.take(settlement=verdicts(batch, Outcome.BACK, ANSWERED, effect))
    assert len(batch.messages) == 5
    effect = Effect(EffectKind.SMALLER, 5, "G160")
    batch = bench.take(settlement=verdicts(batch, Outcome.BACK, ANSWERED, effect))
    assert keys_in(batch) == keys_of(2)
    # An older request that was too large as well makes nothing larger again.
    effect = Effect(EffectKind.SMALLER, 10, "G160")
    batch = bench.take(settlement=verdicts(batch, Outcome.ACCEPTED, ANSWERED, effect))
    assert len(batch.messages) == 2
    bench.stop(settlement=accepted(batch))
    bench.let_pass(601_000)
    assert len(bench.take("p1.2").messages) == 10
    bench.sweep(tidy=[batch.lane])
    assert bench.hold("size") is None
