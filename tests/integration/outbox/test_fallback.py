"""The fallback of a message: sent once where its first reaches nobody, whatever happens in which order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plexsend.outbox.advance import Mode
from plexsend.outbox.batches import Outcome
from plexsend.outbox.fallbacks import Fallback, FallbackFate, fallback_key
from plexsend.outbox.groups import cancel as cancel_group
from plexsend.outbox.groups import open_
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.prune import prune
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.reading.causes import fallback_causes
from plexsend.outbox.reading.prices import PriceList
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.reading.stats import day_counts, today_of
from plexsend.outbox.reading.stats_table import By, add_up
from plexsend.outbox.receipts import Receipt, Reception, take_receipts
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.states import ResultOutcome, State
from plexsend.outbox.steer import Act, Decision, ask
from plexsend.outbox.submit import NewMessage, SubmitOutcome, Submitted
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from tests.integration.outbox.bench import NUMBER_KEY, STAMP, Bench, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RCS = Lane("rcs-mms-bulk", "RMM", "main")
MMS = Lane("mms-bulk", None, "main")
NUMBER = "01023456789"
BODY = b'{"msg_key":"a~f","msg":"instead"}'
DELIVERED, FAILED, DUPLICATE, NOBODY_KNOWS = "00000", "74002", "71003", "X1"


@pytest.fixture(autouse=True)
def _books_are_right(bench: Bench) -> Iterator[None]:
    """Whatever a test did, everything adds up afterwards."""
    yield
    found = audit(bench.store)
    assert found.ok, found.discrepancies


def submit(
    bench: Bench,
    key: str = "a",
    *,
    group: str | None = None,
    after_s: int = 0,
    body: bytes = b'{"a":1}',
    instead: bytes = BODY,
    advertising: Advertising = Advertising.NO,
    **times: Any,
) -> Submitted:
    """Submit an RCS message with a fallback; advertisements to the same number."""
    receiver = b"" if advertising is Advertising.NO else receiver_of(NUMBER, NUMBER_KEY)
    kept = Fallback(
        Lane.of("mms-bulk", None, "main", group, advertising), STAMP, instead, receiver, after_s * 1000
    )
    lane = Lane.of("rcs-mms-bulk", "RMM", "main", group, advertising)
    new = NewMessage(key, body, receiver, fallback=kept)
    (answer,) = bench.intake.add(lane, [new], stamp="rcs-mms:v1:1:bbbbbbbb", form=3, **times)
    return answer


def post(bench: Bench, code: str, key: str = "a") -> Reception:
    (became,) = take_receipts(bench.store, "main", [Receipt(key, code)])
    return became


def settle(bench: Bench, outcome: Outcome, code: str, lane: Lane = RCS) -> None:
    """Take the message and settle it so; the reply is lost, and the call made again."""
    batch = bench.take(lane=lane)
    bench.stop(settlement=verdicts(batch, outcome, code=code), lane=lane)
    bench.repeat()


def fate(bench: Bench, key: str = "a") -> FallbackFate | None:
    return bench.record(key).fallback


def is_kept(bench: Bench, key: str = "a") -> bool:
    client: Any = bench.store.client
    return bool(client.exists(f"{bench.store.keys.account('main')}f:{key}"))


def sent(bench: Bench, lane: Lane = MMS) -> list[str]:
    """Return the keys of fallbacks that go when a worker takes all there is."""
    return [key for batch in bench.drain_all(lane, "p2.2") for key in batch]


# What happens to a message, a word each.
EVENTS: dict[str, Callable[[Bench], object]] = {
    "accepted": lambda bench: settle(bench, Outcome.ACCEPTED, "C100"),
    "rejected": lambda bench: settle(bench, Outcome.REJECTED, "G140"),
    "known key": lambda bench: settle(bench, Outcome.REJECTED, "71003"),
    "failed": lambda bench: settle(bench, Outcome.FAILED, "G160"),
    "unknown code": lambda bench: settle(bench, Outcome.FAILED, "C999"),
    "parked": lambda bench: settle(bench, Outcome.PARK, "C500_1"),
    "given back": lambda bench: settle(bench, Outcome.BACK, ""),
    "to be tried again": lambda bench: bench.stop(
        settlement=verdicts(bench.take(lane=RCS), Outcome.RETRY, code="C500_1", delay_ms=60_000), lane=RCS
    ),
    "taken": lambda bench: bench.take(lane=RCS),
    "delivered": lambda bench: post(bench, DELIVERED),
    "undelivered": lambda bench: post(bench, FAILED),
    "duplicate": lambda bench: post(bench, DUPLICATE),
    "nobody knows": lambda bench: post(bench, NOBODY_KNOWS),
    "cancel": lambda bench: ask(bench.store, "main", "a", Act.CANCEL),
    "said failed": lambda bench: ask(bench.store, "main", "a", Act.FAILED),
    "its fallback goes": lambda bench: settle(bench, Outcome.ACCEPTED, "C100", MMS),
    "said accepted": lambda bench: ask(bench.store, "main", "a", Act.ACCEPTED),
}
KEPT, SENT, GONE = FallbackFate.KEPT, FallbackFate.SENT, None
COURSES = {
    # One cause each.
    ("rejected",): SENT,
    ("failed",): SENT,
    ("accepted", "undelivered"): SENT,
    ("parked", "undelivered"): SENT,
    ("to be tried again", "undelivered"): SENT,
    ("parked", "said failed"): SENT,
    # None.
    ("accepted",): KEPT,
    ("known key",): KEPT,
    ("unknown code",): KEPT,
    ("parked",): KEPT,
    ("given back",): KEPT,
    ("to be tried again",): KEPT,
    ("accepted", "duplicate"): KEPT,
    ("accepted", "nobody knows"): KEPT,
    ("parked", "said accepted"): KEPT,
    ("parked", "duplicate"): KEPT,
    # Over without one.
    ("cancel",): GONE,
    ("delivered",): GONE,
    ("accepted", "delivered"): GONE,
    ("parked", "delivered"): GONE,
    ("accepted", "cancel"): GONE,
    ("accepted", "cancel", "undelivered"): GONE,
    ("parked", "cancel", "undelivered"): GONE,
    ("known key", "delivered"): GONE,
    # Two and more, in every order.
    ("known key", "undelivered"): SENT,
    ("accepted", "nobody knows", "undelivered"): SENT,
    ("accepted", "nobody knows", "delivered"): GONE,
    ("accepted", "duplicate", "undelivered"): SENT,
    ("accepted", "undelivered", "undelivered"): SENT,
    ("accepted", "undelivered", "duplicate"): SENT,
    ("accepted", "undelivered", "its fallback goes", "delivered"): SENT,
    ("accepted", "undelivered", "delivered"): GONE,
    ("accepted", "delivered", "undelivered"): GONE,
    ("rejected", "undelivered"): SENT,
    ("rejected", "its fallback goes", "delivered"): SENT,
    ("rejected", "delivered"): GONE,
    ("rejected", "its fallback goes", "cancel"): SENT,
    ("failed", "undelivered", "its fallback goes", "delivered"): SENT,
    ("parked", "undelivered", "said failed"): SENT,
    ("parked", "said failed", "undelivered"): SENT,
    ("parked", "said failed", "its fallback goes", "delivered"): SENT,
    ("unknown code", "undelivered"): KEPT,
    ("unknown code", "delivered"): GONE,
}


@pytest.mark.parametrize("course", COURSES, ids=" then ".join)
def test_whatever_happens_to_a_message_its_fallback_goes_once_or_never(
    bench: Bench, course: tuple[str, ...]
) -> None:
    submit(bench)
    for event in course:
        EVENTS[event](bench)
    assert fate(bench) is COURSES[course]
    assert is_kept(bench) is (COURSES[course] is KEPT)
    assert sent(bench) == ["a~f"] * (COURSES[course] is SENT and "its fallback goes" not in course)


OUTCOMES = {
    "accepted": (Outcome.ACCEPTED, "C100"),
    "rejected": (Outcome.REJECTED, "G140"),
    "rejected as known": (Outcome.REJECTED, "71003"),
    "parked": (Outcome.PARK, "C500_1"),
    "given back": (Outcome.BACK, ""),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([FAILED], SENT),
        ([DELIVERED], GONE),
        ([FAILED, DELIVERED], GONE),
        ([DELIVERED, FAILED], GONE),
        ([FAILED, FAILED], SENT),
        ([DUPLICATE, FAILED], SENT),
    ],
)
def test_a_receipt_that_came_while_it_was_being_sent_decides_once_its_request_is_settled(
    bench: Bench, outcome: str, codes: list[str], expected: FallbackFate | None
) -> None:
    submit(bench)
    batch = bench.take(lane=RCS)
    for code in codes:
        post(bench, code)
    assert fate(bench) is KEPT
    word, code = OUTCOMES[outcome]
    bench.stop(settlement=verdicts(batch, word, code=code), lane=RCS)
    bench.repeat()
    assert fate(bench) is expected
    assert sent(bench) == ["a~f"] * (expected is SENT)
    # What comes again changes nothing.
    for code in codes:
        post(bench, code)
    assert sent(bench) == []


def test_what_is_made_is_a_message_like_any_other(bench: Bench) -> None:
    until = server_ms(bench.store) + 60_000
    submit(bench, expires_at_ms=until)
    EVENTS["rejected"](bench)
    made, first = bench.record("a~f"), bench.record("a")
    assert (made.state, made.lane, made.expires_at_ms) == (State.WAITING, MMS, until)
    assert (made.fallback_of, first.fallback) == ("a", FallbackFate.SENT)
    assert bench.wake_in_ms(MMS) is not None
    (message,) = bench.take("p2.2", lane=MMS).messages
    assert (message.msg_key, message.body, message.stamp) == ("a~f", BODY, STAMP)
    assert [line.event for line in first.history] == ["fallback", "reject"]


def test_the_same_again_is_a_duplicate_and_another_fallback_is_a_conflict(bench: Bench) -> None:
    assert submit(bench).outcome is SubmitOutcome.ADDED
    assert submit(bench).outcome is SubmitOutcome.DUPLICATE
    assert submit(bench, instead=b'{"b":2}').outcome is SubmitOutcome.CONFLICT
    assert submit(bench, after_s=60).outcome is SubmitOutcome.CONFLICT
    (plain,) = bench.intake.add(RCS, [NewMessage("a", b'{"a":1}')], stamp=STAMP, form=3)
    assert plain.outcome is SubmitOutcome.CONFLICT
    EVENTS["rejected"](bench)
    assert submit(bench).outcome is SubmitOutcome.DUPLICATE
    assert sent(bench) == ["a~f"]


def test_a_key_of_which_the_fallback_is_there_still_is_a_conflict(bench: Bench) -> None:
    submit(bench)
    EVENTS["rejected"](bench)
    ask(bench.store, "main", "a", Act.DROP)
    assert submit(bench).outcome is SubmitOutcome.CONFLICT
    assert not is_kept(bench)


def test_a_dropped_message_takes_its_kept_fallback_with_it(bench: Bench) -> None:
    submit(bench)
    EVENTS["known key"](bench)
    assert is_kept(bench)
    ask(bench.store, "main", "a", Act.DROP)
    assert not is_kept(bench)


def test_retention_takes_a_kept_fallback_away_with_its_message(bench: Bench) -> None:
    submit(bench)
    EVENTS["accepted"](bench)
    bench.let_pass(20_000)
    bench.sweep(keep_ms=10_000)
    client: Any = bench.store.client
    assert not is_kept(bench)
    assert not client.exists(bench.store.keys.record("main", "a"))


def test_an_expired_message_has_no_fallback_any_more(bench: Bench) -> None:
    submit(bench, expires_at_ms=server_ms(bench.store) + 1_000)
    bench.let_pass(2_000)
    bench.rest(lane=RCS)
    assert (bench.state("a"), is_kept(bench), sent(bench)) == (State.EXPIRED, False, [])


def test_a_fallback_that_would_come_too_late_is_not_sent(bench: Bench) -> None:
    submit(bench, expires_at_ms=server_ms(bench.store) + 1_000)
    EVENTS["accepted"](bench)
    bench.let_pass(2_000)
    post(bench, FAILED)
    assert (fate(bench), sent(bench)) == (None, [])
    assert bench.record("a").history[-1].detail == "its fallback was not sent: it had expired"


def test_a_cancel_while_it_is_being_sent_drops_it(bench: Bench) -> None:
    submit(bench)
    batch = bench.take(lane=RCS)
    ask(bench.store, "main", "a", Act.CANCEL)
    bench.stop(settlement=verdicts(batch, Outcome.REJECTED, code="G140"), lane=RCS)
    assert (bench.state("a"), fate(bench), sent(bench)) == (State.REJECTED, None, [])


@pytest.mark.parametrize("is_opened", [False, True])
def test_the_cancel_of_a_group_drops_what_of_it_was_accepted(bench: Bench, *, is_opened: bool) -> None:
    group = Lane("rcs-mms-bulk", "RMM", "main", "spring")
    submit(bench, group="spring")
    settle(bench, Outcome.ACCEPTED, "C100", group)
    submit(bench, "b", group="spring")
    cancel_group(bench.store, "main", "spring", by="me", why="")
    if is_opened:
        open_(bench.store, "main", "spring")
    post(bench, FAILED)
    assert (bench.state("b"), is_kept(bench, "b"), is_kept(bench)) == (State.CANCELLED, False, False)
    assert sent(bench, Lane("mms-bulk", None, "main", "spring")) == []
    if is_opened:
        submit(bench, "c", group="spring")
        bench.let_pass(1_000)
        settle(bench, Outcome.REJECTED, "G140", group)
        assert sent(bench, Lane("mms-bulk", None, "main", "spring")) == ["c~f"]


def test_it_goes_into_the_group_of_its_message(bench: Bench) -> None:
    submit(bench, group="spring")
    settle(bench, Outcome.REJECTED, "G140", Lane("rcs-mms-bulk", "RMM", "main", "spring"))
    assert sent(bench, Lane("mms-bulk", None, "main", "spring")) == ["a~f"]


def test_it_goes_without_a_receipt_where_that_was_asked_for(bench: Bench) -> None:
    submit(bench, after_s=60)
    EVENTS["accepted"](bench)
    bench.let_pass(50_000)
    assert fate(bench) is KEPT
    bench.let_pass(20_000)
    assert (bench.state("a"), fate(bench), sent(bench)) == (State.ACCEPTED, SENT, ["a~f"])
    # The receipt was late.
    post(bench, FAILED)
    assert sent(bench) == []
    post(bench, DELIVERED)
    assert bench.counts(RCS)["both"] == 1
    assert bench.record("a").history[-1].event in ("fallback", "deliver")
    assert sent(bench) == []


@pytest.mark.parametrize("code", [DELIVERED, FAILED, NOBODY_KNOWS])
def test_a_receipt_in_time_leaves_nothing_to_wait_for(bench: Bench, code: str) -> None:
    submit(bench, after_s=60)
    EVENTS["accepted"](bench)
    post(bench, code)
    bench.let_pass(70_000)
    assert sent(bench) == ["a~f"] * (code == FAILED)
    client: Any = bench.store.client
    assert client.zcard(f"{bench.store.keys.account('main')}overdue") == 0


def test_what_was_parked_and_settled_by_a_person_waits_from_then_on(bench: Bench) -> None:
    submit(bench, after_s=60)
    EVENTS["parked"](bench)
    bench.let_pass(70_000)
    assert fate(bench) is KEPT
    EVENTS["said accepted"](bench)
    bench.let_pass(50_000)
    assert fate(bench) is KEPT
    bench.let_pass(20_000)
    assert sent(bench) == ["a~f"]


def test_the_policy_says_it_for_items_that_do_not(bench: Bench) -> None:
    put(bench.store, Where(), {"fallback_after_s": 60}, by="me", reason="a test's own")
    submit(bench)
    EVENTS["accepted"](bench)
    bench.let_pass(70_000)
    assert sent(bench) == ["a~f"]


@pytest.mark.parametrize(
    ("codes", "goes"), [("none", False), ("permanent", True), ("temporary", False), ("74002", True)]
)
def test_a_policy_says_which_receipts_send_it(bench: Bench, codes: str, *, goes: bool) -> None:
    put(bench.store, Where(), {"fallback_codes": tuple(codes.split(","))}, by="me", reason="a test's own")
    submit(bench)
    EVENTS["accepted"](bench)
    post(bench, FAILED)
    assert (sent(bench) == ["a~f"], is_kept(bench)) == (goes, False)


def test_what_a_person_has_sent_again_has_no_second_fallback(bench: Bench) -> None:
    submit(bench)
    EVENTS["rejected"](bench)
    settle(bench, Outcome.REJECTED, "G141", MMS)
    assert ask(bench.store, "main", "a", Act.REQUEUE).done
    EVENTS["rejected"](bench)
    assert (fate(bench), sent(bench)) == (None, [])


@pytest.mark.parametrize(
    ("outcome", "code", "receipt", "is_again"),
    [
        (None, "", "", False),
        (Outcome.ACCEPTED, "C100", "", False),
        (Outcome.ACCEPTED, "C100", DELIVERED, False),
        (Outcome.PARK, "C500_1", "", False),
        (Outcome.ACCEPTED, "C100", "1", True),
        (Outcome.REJECTED, "G141", "", True),
        (Outcome.FAILED, "G160", "", True),
    ],
)
def test_a_message_whose_fallback_may_reach_somebody_is_not_sent_again(
    bench: Bench, outcome: Outcome | None, code: str, receipt: str, *, is_again: bool
) -> None:
    submit(bench)
    EVENTS["rejected"](bench)
    if outcome is not None:
        settle(bench, outcome, code, MMS)
    if receipt:
        post(bench, receipt, "a~f")
    decision = ask(bench.store, "main", "a", Act.REQUEUE)
    assert (decision.done, decision.outcome) == (is_again, "requeued" if is_again else "other_went")


@pytest.mark.parametrize("act", [Act.REQUEUE, Act.RESEND])
def test_a_fallback_is_not_sent_again_where_its_message_was_delivered_after_all(
    bench: Bench, act: Act
) -> None:
    submit(bench)
    EVENTS["rejected"](bench)
    if act is Act.REQUEUE:
        settle(bench, Outcome.REJECTED, "G141", MMS)
    else:
        settle(bench, Outcome.PARK, "C500_1", MMS)
    post(bench, DELIVERED)
    assert ask(bench.store, "main", "a~f", act).outcome == "other_went"


def test_a_fallback_that_waits_is_called_back_where_its_message_was_delivered_after_all(bench: Bench) -> None:
    submit(bench)
    EVENTS["accepted"](bench)
    post(bench, FAILED)
    post(bench, DELIVERED)
    made, first = bench.record("a~f"), bench.record("a")
    assert (made.state, first.fallback) == (State.CANCELLED, None)
    assert made.history[-1].detail == "its message was delivered after all"
    counts = bench.counts(RCS)
    assert [counts.get(name, 0) for name in ("fallbacks", "both", "b:undelivered", "b:delivered")] == [0] * 4
    assert bench.counts(MMS)["b:cancelled"] == 1
    # As after a restore of an old copy: it was sent, and its receipt comes still.
    post(bench, "0", "a~f")
    assert bench.counts(MMS)["b:delivered"] == 1


@pytest.mark.parametrize("outcome", [Outcome.PARK, Outcome.RETRY])
def test_a_fallback_that_may_have_been_sent_is_not_called_back(bench: Bench, outcome: Outcome) -> None:
    submit(bench)
    EVENTS["rejected"](bench)
    settlement = verdicts(bench.take("p2.2", lane=MMS), outcome, code="C500_1", delay_ms=60_000)
    bench.stop("p2.2", settlement=settlement, lane=MMS)
    post(bench, DELIVERED)
    assert (bench.state("a~f") in (State.UNCERTAIN, State.SCHEDULED), fate(bench)) == (True, SENT)


def test_the_cancel_of_a_message_that_is_over_cancels_its_fallback(bench: Bench) -> None:
    submit(bench)
    EVENTS["accepted"](bench)
    assert ask(bench.store, "main", "a", Act.CANCEL) == Decision("no_fallback", State.ACCEPTED)
    submit(bench, "b")
    EVENTS["rejected"](bench)
    assert ask(bench.store, "main", "b", Act.CANCEL) == Decision("no_fallback", State.REJECTED)
    assert (bench.state("b~f"), sent(bench)) == (State.CANCELLED, [])
    assert ask(bench.store, "main", "b", Act.CANCEL) == Decision("refused", State.REJECTED)
    submit(bench, "c")
    EVENTS["rejected"](bench)
    bench.take("p2.2", lane=MMS)
    # It names the message that was asked for, and what became of the other one.
    assert ask(bench.store, "main", "c", Act.CANCEL) == Decision("fallback_wanted", State.REJECTED)


def test_the_cancel_of_a_message_parks_its_fallback_that_may_have_been_sent(bench: Bench) -> None:
    submit(bench)
    EVENTS["rejected"](bench)
    settlement = verdicts(bench.take("p2.2", lane=MMS), Outcome.RETRY, code="C500_1", delay_ms=60_000)
    bench.stop("p2.2", settlement=settlement, lane=MMS)
    assert ask(bench.store, "main", "a", Act.CANCEL) == Decision("fallback_parked", State.REJECTED)
    assert bench.state("a~f") is State.UNCERTAIN


def test_a_record_says_when_its_fallback_is_due(bench: Bench) -> None:
    submit(bench, after_s=60)
    record = bench.record("a")
    assert (record.fallback_after_ms, record.fallback_due_ms) == (60_000, None)
    assert "1 min after the gateway accepted it" in fallback_causes(record)[0].text
    EVENTS["parked"](bench)
    # That the gateway knew the key says that it was accepted, and not what became of it.
    post(bench, DUPLICATE)
    record = bench.record("a")
    assert record.receipt is not None
    due_ms = (record.ended_ms or 0) + 60_000
    assert record.fallback_due_ms == fallback_causes(record)[0].until_ms == due_ms
    post(bench, NOBODY_KNOWS)
    record = bench.record("a")
    assert (record.fallback_due_ms, fallback_causes(record)[0].until_ms) == (None, None)
    submit(bench, "b")
    settle(bench, Outcome.ACCEPTED, "C100")
    assert bench.record("b").fallback_due_ms is None


def test_retention_leaves_a_message_until_its_fallback_is_due(bench: Bench) -> None:
    submit(bench, after_s=60)
    EVENTS["accepted"](bench)
    for _ in range(3):
        bench.let_pass(10_000)
        bench.sweep(keep_ms=10_000)
    assert fate(bench) is KEPT
    bench.let_pass(40_000)
    assert sent(bench) == ["a~f"]
    bench.let_pass(10_000)
    bench.sweep(keep_ms=10_000)
    client: Any = bench.store.client
    assert not client.exists(bench.store.keys.record("main", "a"))


def test_who_prunes_leaves_a_message_until_its_fallback_is_due(bench: Bench) -> None:
    submit(bench, after_s=4 * 3600)
    EVENTS["accepted"](bench)
    bench.let_pass(2 * 3_600_000, steadily=False)
    assert sum(prune(bench.store, "main", timedelta(hours=1))) == 0
    bench.let_pass(2 * 3_600_000, steadily=False)
    # After a gap receipts have their time to come first.
    bench.let_pass(700_000, steadily=True)
    assert sent(bench) == ["a~f"]
    assert sum(prune(bench.store, "main", timedelta(hours=1))) == 1


def test_a_receipt_that_only_knew_the_key_does_not_keep_the_fallback_from_going_in_time(bench: Bench) -> None:
    submit(bench, after_s=60)
    EVENTS["parked"](bench)
    post(bench, DUPLICATE)
    assert bench.state("a") is State.ACCEPTED
    bench.let_pass(70_000)
    assert sent(bench) == ["a~f"]


@pytest.mark.parametrize("code", [FAILED, DELIVERED])
def test_the_walk_decides_what_a_receipt_decided_and_redis_lost(bench: Bench, code: str) -> None:
    client: Any = bench.store.client
    submit(bench)
    EVENTS["accepted"](bench)
    kept = client.get(f"{bench.store.keys.account('main')}f:a")
    ask(bench.store, "main", "a", Act.CANCEL)
    post(bench, code)
    # As where another program had spoilt what the decision needed, and what it left for later.
    client.set(f"{bench.store.keys.account('main')}f:a", kept)
    client.hset(bench.store.keys.record("main", "a"), "b", "kept")
    bench.heal(records=["a"])
    bench.let_pass(10_000)
    assert (sent(bench) == ["a~f"], is_kept(bench)) == (code == FAILED, False)


def test_a_fallback_that_is_gone_is_named_in_the_history_of_its_message(bench: Bench) -> None:
    client: Any = bench.store.client
    submit(bench)
    client.delete(f"{bench.store.keys.account('main')}f:a")
    bench.heal(records=["a"])
    assert bench.record("a").history[-1].detail == "its fallback was not sent: it is gone"


def test_nothing_is_left_of_a_group_that_was_cancelled_and_opened(bench: Bench) -> None:
    client: Any = bench.store.client
    cancelled = f"{bench.store.keys.account('main')}cancelled"
    bench.submit(["x"])
    cancel_group(bench.store, "main", "nobody", by="me", why="")
    open_(bench.store, "main", "nobody")
    assert not client.exists(cancelled)
    submit(bench, group="spring")
    # As of a group that began before anything was known of what groups hold.
    client.delete(f"{bench.store.keys.account('main')}kinds")
    cancel_group(bench.store, "main", "spring", by="me", why="")
    open_(bench.store, "main", "spring")
    assert client.hlen(cancelled) == 1
    bench.let_pass(20_000)
    for _ in range(3):
        bench.sweep(keep_ms=10_000)
    assert not client.exists(cancelled)


def test_days_count_a_chain_once_and_what_was_reached_that_way(bench: Bench) -> None:
    # Reached by its fallback; in both ways; by itself, since the fallback had not gone; and not at all.
    for key, codes in {"a": [FAILED], "b": [FAILED], "c": [FAILED, DELIVERED], "d": []}.items():
        submit(bench, key)
        EVENTS["accepted" if codes else "rejected"](bench)
        for code in codes:
            post(bench, code, key)
    assert sorted(sent(bench)) == ["a~f", "b~f", "d~f"]
    post(bench, DELIVERED, "b")
    for key, code in {"a~f": "0", "b~f": "0", "d~f": "1"}.items():
        post(bench, code, key)
    today = today_of(bench.store, "main")
    counts = day_counts(bench.store, "main", today - timedelta(days=1), today + timedelta(days=1))
    table = add_up(counts, PriceList.read(bench.store), By.SERVICE)
    mms, rcs = table.lines
    assert (table.total.fallbacks, table.total.both, table.total.reached) == (3, 1, 2)
    # All that were sent are paid for, and all are in their states.
    assert (rcs.states, rcs.billed) == ({"delivered": 2, "undelivered": 1, "rejected": 1}, 3)
    assert mms.states == {"delivered": 2, "undelivered": 1, "cancelled": 1}
    outcomes = {outcome: table.total.outcome(outcome) for outcome in ResultOutcome}
    assert outcomes == {"success": 3, "failure": 1, "pending": 0, "none": 0}
    assert [line.outcome(ResultOutcome.SUCCESS) for line in (mms, rcs)] == [2, 1]


def test_counts_say_how_many_went_and_in_which_state_their_messages_are(bench: Bench) -> None:
    submit(bench)
    EVENTS["accepted"](bench)
    post(bench, FAILED)
    assert sent(bench) == ["a~f"]
    counts = bench.counts(RCS)
    assert (counts["fallbacks"], counts["b:undelivered"]) == (1, 1)
    post(bench, DELIVERED)
    counts = bench.counts(RCS)
    assert (counts.get("b:undelivered"), counts["b:delivered"], counts["both"]) == (None, 1, 1)


def test_a_batch_that_was_abandoned_and_rejected_late_has_its_fallback_once(bench: Bench) -> None:
    submit(bench)
    batch = bench.take(lane=RCS)
    bench.settle(verdicts(batch, Outcome.RETRY, code="NO_VERDICT"), RCS)
    bench.stop(settlement=verdicts(batch, Outcome.REJECTED, code="G140"), lane=RCS)
    assert fate(bench) is KEPT
    post(bench, FAILED)
    assert sent(bench) == ["a~f"]


def test_an_older_program_that_runs_beside_keeps_fallbacks_out(bench: Bench) -> None:
    kept = Fallback(MMS, STAMP, BODY)
    answers = bench.intake.add(
        RCS, [NewMessage("a", b"{}", fallback=kept), NewMessage("b", b"{}")], stamp=STAMP, form=2
    )
    assert [each.outcome for each in answers] == [SubmitOutcome.NO_FALLBACKS_YET, SubmitOutcome.ADDED]


def test_a_set_that_another_program_spoilt_costs_the_fallback_a_moment_and_its_message_nothing(
    bench: Bench,
) -> None:
    client: Any = bench.store.client
    ready = bench.store.keys.lane("main", MMS.name, "ready")
    submit(bench)
    client.set(ready, "mine")
    EVENTS["rejected"](bench)
    assert (bench.state("a"), fate(bench)) == (State.REJECTED, KEPT)
    client.delete(ready)
    bench.let_pass(10_000)
    assert sent(bench) == ["a~f"]


def test_the_walk_decides_what_was_left_undecided(bench: Bench) -> None:
    client: Any = bench.store.client
    submit(bench)
    EVENTS["rejected"](bench)
    assert sent(bench) == ["a~f"]
    # As a server leaves it that lost its last second in one key alone.
    submit(bench, "b")
    EVENTS["rejected"](bench)
    client.hset(bench.store.keys.record("main", "b"), "b", "kept")
    bench.heal(records=["b"])
    bench.sweep(quota=0)
    assert fate(bench, "b") is None
    assert sent(bench) == ["b~f"]


def test_the_walk_takes_away_a_fallback_without_its_message(bench: Bench) -> None:
    client: Any = bench.store.client
    client.set(f"{bench.store.keys.account('main')}f:z", "00 0 mms-bulk@main s 00 \n{}")
    found = audit(bench.store)
    (broken,) = found.discrepancies
    assert (broken.msg_key, broken.what) == ("z", "there is a fallback without its message")
    bench.heal(records=["z"])
    assert not is_kept(bench, "z")


def test_a_message_settled_for_a_drain_that_is_gone_has_its_fallback_too(bench: Bench) -> None:
    submit(bench)
    batch = bench.take(lane=RCS)
    bench.rest("p9.9", verdicts(batch, Outcome.BACK), lane=RCS, mode=Mode.SETTLE)
    assert fate(bench) is KEPT
    EVENTS["rejected"](bench)
    assert sent(bench) == [fallback_key("a")]


OF_ADS = (
    Lane.of("rcs-mms-bulk", "RMM", "main", None, Advertising.CONSENTED),
    Lane.of("mms-bulk", None, "main", None, Advertising.CONSENTED),
)


def test_an_advertisement_and_its_fallback_are_one_for_the_days_between_two(bench: Bench) -> None:
    put(bench.store, Where(), {"ad_gap_days": 3}, by="me", reason="a test's own")
    submit(bench, advertising=Advertising.CONSENTED)
    settle(bench, Outcome.ACCEPTED, "C100", OF_ADS[0])
    post(bench, FAILED)
    assert sent(bench, OF_ADS[1]) == ["a~f"]
    # Another one is a second.
    submit(bench, "b", advertising=Advertising.CONSENTED)
    bench.rest(lane=OF_ADS[0])
    assert bench.record("b").code == "AD_GAP"


def test_who_refused_meanwhile_gets_no_fallback(bench: Bench) -> None:
    submit(bench, advertising=Advertising.CONSENTED)
    settle(bench, Outcome.ACCEPTED, "C100", OF_ADS[0])
    refused = Suppressions(bench.store, "main", NUMBER_KEY)
    refused.add([NUMBER], SuppressionKind.ADS, Suppressor(SuppressionSource.REFUSAL_CALL))
    post(bench, FAILED)
    bench.rest("p2.2", lane=OF_ADS[1])
    made = bench.record("a~f")
    assert (made.state, made.code) == (State.CANCELLED, "SUPPRESSED")


TAKES = ("accepted", "rejected", "known key", "failed", "unknown code", "parked", "given back", "taken")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    course=st.lists(st.sampled_from(sorted(EVENTS.keys() - {"its fallback goes"})), min_size=2, max_size=7),
    timed=st.booleans(),
)
def test_in_no_order_of_events_does_it_go_twice_or_with_a_delivery_before_it(
    bench: Bench, course: list[str], *, timed: bool
) -> None:
    client: Any = bench.store.client
    client.flushdb()
    bench = Bench(bench.store)
    submit(bench, after_s=60 if timed else 0)
    went: list[str] = []
    for event in course:
        if event in TAKES and bench.state("a") is not State.WAITING:
            continue
        if event == "to be tried again" and bench.state("a") is not State.WAITING:
            continue
        was_delivered = bench.state("a") is State.DELIVERED
        EVENTS[event](bench)
        new = sent(bench)
        assert not (was_delivered and new)
        went += new
        bench.let_pass(8_000)
        assert went + sent(bench) in ([], ["a~f"])
        assert is_kept(bench) is (fate(bench) is KEPT)
        assert (fate(bench) is SENT) is bool(went)
