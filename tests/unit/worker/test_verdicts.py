from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.outbox.batches import Effect, EffectKind, Outcome
from plexsend.settings import OnUncertain, Policy, UncertainThen
from plexsend.worker.verdicts import MOST_SILENT_TAKES, Judge, give_back
from tests.unit.worker.make import (
    FRESH,
    NO_ANSWER,
    NOTHING_SENT,
    NOW_MS,
    TRIED,
    answer_items,
    answer_whole,
    make_batch,
    make_full,
)

if TYPE_CHECKING:
    from plexsend.gateway.answers import Answer
    from plexsend.outbox.batches import Batch, Message, Settlement, Verdict

JUDGE = Judge(Policy(), lambda: 0.5)
PARKING = Judge(Policy(on_uncertain=OnUncertain.PARK), lambda: 0.5)
HOUR_MS = 3_600_000


def judge(batch: Batch, answer: Answer, judge: Judge = JUDGE) -> Settlement:
    return judge.judge(answer, batch, now_ms=NOW_MS)


def entry_of(message: Message, answer: Answer, **batch: Any) -> Verdict:
    [verdict] = judge(make_batch(message, **batch), answer).verdicts
    return verdict


def kinds(settlement: Settlement) -> set[EffectKind]:
    return {effect.kind for effect in settlement.effects}


@pytest.mark.parametrize(
    ("code", "fresh", "tried"),
    [
        ("C100", Outcome.ACCEPTED, Outcome.ACCEPTED),
        ("C400_2", Outcome.REJECTED, Outcome.PARK),
        ("C400_77", Outcome.REJECTED, Outcome.PARK),
        ("G140", Outcome.REJECTED, Outcome.PARK),
        ("G141", Outcome.REJECTED, Outcome.PARK),
        ("G142", Outcome.REJECTED, Outcome.PARK),
        ("71003", Outcome.REJECTED, Outcome.ACCEPTED),
        ("G150", Outcome.BACK, Outcome.BACK),
        ("G110", Outcome.BACK, Outcome.BACK),
        ("C401_3", Outcome.BACK, Outcome.BACK),
        ("C404_1", Outcome.BACK, Outcome.BACK),
        ("G160", Outcome.BACK, Outcome.BACK),
        ("C500_1", Outcome.RETRY, Outcome.RETRY),
        ("missing", Outcome.RETRY, Outcome.RETRY),
        # Nobody knows what these mean, so they end where a person looks.
        ("C341", Outcome.FAILED, Outcome.PARK),
        ("G999", Outcome.FAILED, Outcome.PARK),
        ("c100", Outcome.FAILED, Outcome.PARK),
        ("100", Outcome.FAILED, Outcome.PARK),
    ],
)
def test_code_of_an_item_decides_about_that_item_alone(code: str, fresh: Outcome, tried: Outcome) -> None:
    batch = make_batch(
        replace(FRESH, msg_key="k0"), replace(TRIED, msg_key="k1"), replace(FRESH, msg_key="k2")
    )
    settlement = judge(batch, answer_items(batch, k0=code, k1=code))
    assert [verdict.outcome for verdict in settlement.verdicts] == [fresh, tried, Outcome.ACCEPTED]
    assert [verdict.msg_key for verdict in settlement.verdicts] == ["k0", "k1", "k2"]
    if code != "missing":
        assert settlement.verdicts[0].code == code


@pytest.mark.parametrize(
    ("status", "code", "outcome", "effect"),
    [
        (400, "C400_1", Outcome.BACK, EffectKind.ANSWERED),
        (200, "G141", Outcome.BACK, EffectKind.ANSWERED),
        (401, "C401_3", Outcome.BACK, EffectKind.AUTH),
        (401, None, Outcome.BACK, EffectKind.AUTH),
        (404, "C404_1", Outcome.BACK, EffectKind.FAULT),
        (200, "G110", Outcome.BACK, EffectKind.FAULT),
        (200, "71003", Outcome.BACK, EffectKind.FAULT),
        (302, None, Outcome.BACK, EffectKind.FAULT),
        (418, "X1", Outcome.BACK, EffectKind.FAULT),
        (200, "C341", Outcome.BACK, EffectKind.FAULT),
        (200, "G150", Outcome.BACK, EffectKind.CREDIT),
        (200, "G160", Outcome.BACK, EffectKind.SMALLER),
        (429, None, Outcome.BACK, EffectKind.SHUT),
        (408, None, Outcome.BACK, EffectKind.SHUT),
        (421, None, Outcome.BACK, EffectKind.SHUT),
        (425, None, Outcome.BACK, EffectKind.SHUT),
        (499, None, Outcome.RETRY, EffectKind.SHUT),
        (503, None, Outcome.RETRY, EffectKind.SHUT),
        (504, None, Outcome.RETRY, EffectKind.SHUT),
        (500, "C500_1", Outcome.RETRY, EffectKind.SHUT),
        (502, None, Outcome.RETRY, EffectKind.SHUT),
        (200, None, Outcome.RETRY, EffectKind.SHUT),
        (200, "C100", Outcome.RETRY, EffectKind.SHUT),
    ],
)
def test_answer_to_a_whole_request_decides_about_all_of_it(
    status: int, code: str | None, outcome: Outcome, effect: EffectKind
) -> None:
    batch = make_full()
    settlement = judge(batch, answer_whole(batch, status, code))
    assert {verdict.outcome for verdict in settlement.verdicts} == {outcome}
    assert {effect, EffectKind.REQUEST} <= kinds(settlement)
    assert {verdict.spent for verdict in settlement.verdicts} == {False}


def test_nothing_sent_gives_the_batch_back_as_it_was() -> None:
    settlement = judge(make_full(), NOTHING_SENT)
    assert {(e.outcome, e.alone, e.delay_ms) for e in settlement.verdicts} == {(Outcome.BACK, False, 0)}
    assert Effect(EffectKind.SHUT, 0, "REFUSED: nothing was sent") in settlement.effects


def test_connection_that_came_too_late_gives_the_batch_back_and_opens_the_lane() -> None:
    late = WholeAnswer(Meaning.CONNECTED, "LATE", "it took 6 s; nothing was sent", None, explicit=False)
    settlement = judge(make_full(), late)
    assert {(e.outcome, e.alone, e.delay_ms) for e in settlement.verdicts} == {(Outcome.BACK, False, 0)}
    # No request: what was charged for the take is given back.
    assert kinds(settlement) == {EffectKind.ANSWERED}


def test_retry_after_reaches_the_hold_in_ms() -> None:
    batch = make_full()
    for status in (429, 503):
        [shut] = [
            effect
            for effect in judge(batch, answer_whole(batch, status, retry_after="2")).effects
            if effect.kind is EffectKind.SHUT
        ]
        assert shut.number == 2000


def test_message_upon_which_the_lane_shuts_lets_another_probe() -> None:
    first = entry_of(FRESH, NOTHING_SENT)
    assert (first.outcome, first.alone, first.delay_ms, first.spent) == (Outcome.BACK, True, 0, False)
    again = entry_of(replace(FRESH, alone=True), NOTHING_SENT)
    assert (again.outcome, again.alone, again.delay_ms, again.spent) == (Outcome.BACK, True, 8000, False)


def test_request_refused_as_a_whole_is_tried_one_by_one() -> None:
    batch = make_full()
    assert {e.alone for e in judge(batch, answer_whole(batch, 400, "C400_3")).verdicts} == {True}
    alone = entry_of(replace(FRESH, alone=True), answer_whole(make_batch(FRESH), 400, "C400_3"))
    assert (alone.outcome, alone.code, alone.detail) == (Outcome.REJECTED, "C400_3", "its words")
    tried = entry_of(replace(TRIED, alone=True), answer_whole(make_batch(TRIED), 400, "C400_3"))
    assert tried.outcome is Outcome.PARK, "its first request may have been taken"


def test_too_many_items_for_a_single_one_is_a_dead_letter() -> None:
    for answer in (answer_whole(make_batch(FRESH), 200, "G160"), answer_items(make_batch(FRESH), k0="G160")):
        settlement = judge(make_batch(FRESH), answer)
        assert [verdict.outcome for verdict in settlement.verdicts] == [Outcome.FAILED]
        assert EffectKind.SMALLER not in kinds(settlement)
        assert entry_of(replace(TRIED, msg_key="k0"), answer).outcome is Outcome.PARK


def test_holds_name_the_gateways_own_words() -> None:
    batch = make_full()
    settlement = judge(batch, answer_items(batch, k3="G150", k4="G150", k5="C401_1", k6="G110"))
    assert {effect.kind: effect.text for effect in settlement.effects if effect.text} == {
        EffectKind.CREDIT: "G150: about G150",
        EffectKind.AUTH: "C401_1: about C401_1",
        EffectKind.FAULT: "G110: about G110",
    }


def test_one_definite_answer_keeps_the_lane_open() -> None:
    batch = make_full()
    some = judge(batch, answer_items(batch, **{f"k{i}": "missing" for i in range(9)}))
    assert EffectKind.ANSWERED in kinds(some)
    assert not kinds(some) & {EffectKind.SHUT, EffectKind.SHUT_ALONE}
    none = judge(batch, answer_items(batch, **{f"k{i}": "C500_1" for i in range(10)}))
    assert EffectKind.SHUT in kinds(none)
    assert EffectKind.ANSWERED not in kinds(none)


def test_what_goes_alone_shuts_no_lane_when_it_fails() -> None:
    for answer in (
        NO_ANSWER,
        answer_whole(make_batch(TRIED), 500, "C500_1"),
        answer_items(make_batch(TRIED), k0="C500_1"),
    ):
        found = kinds(judge(make_batch(TRIED), answer))
        assert EffectKind.SHUT_ALONE in found
        assert EffectKind.SHUT not in found


@pytest.mark.parametrize(
    ("changes", "ok_take", "spent"),
    [
        ({}, 41, True),
        ({}, 40, False),  # the lane delivered nothing since
        ({"alone": False}, 41, False),  # it failed together with others
        ({"failed_at_take": None}, 41, False),  # it never failed before
    ],
)
def test_attempt_is_spent_only_alone_and_while_the_lane_delivers(
    changes: dict[str, Any], ok_take: int, *, spent: bool
) -> None:
    verdict = entry_of(replace(TRIED, **changes), NO_ANSWER, ok_take=ok_take)
    assert verdict.spent is spent
    assert verdict.outcome is Outcome.RETRY


def test_message_is_parked_with_its_last_attempt() -> None:
    last = replace(TRIED, attempts=7)
    assert entry_of(last, NO_ANSWER, ok_take=41).outcome is Outcome.PARK
    assert entry_of(last, NO_ANSWER, ok_take=40).outcome is Outcome.RETRY
    assert "8 attempts" in entry_of(last, NO_ANSWER, ok_take=41).detail


def test_silence_is_believed_for_an_hour_and_an_explicit_failure_for_ever() -> None:
    old = replace(TRIED, first_ms=NOW_MS - HOUR_MS)
    explicit = answer_whole(make_batch(old), 500, "C500_1")
    assert entry_of(old, NO_ANSWER).outcome is Outcome.PARK
    assert entry_of(old, explicit).outcome is Outcome.RETRY
    assert entry_of(replace(old, first_ms=NOW_MS - HOUR_MS + 1), NO_ANSWER).outcome is Outcome.RETRY
    # Missing in an answer to others: the gateway did not say of this one that it failed.
    pair = make_batch(old, replace(FRESH, msg_key="k1"))
    assert judge(pair, answer_items(pair, k0="missing")).verdicts[0].outcome is Outcome.PARK
    assert judge(pair, answer_items(pair, k0="C500_1")).verdicts[0].outcome is Outcome.RETRY


def test_drain_that_died_makes_its_messages_uncertain_until_they_look_deadly() -> None:
    once = JUDGE.judge_abandoned(FRESH, "p.1.1", now_ms=NOW_MS)
    assert (once.outcome, once.alone, once.spent, once.code) == (Outcome.RETRY, True, False, "NO_VERDICT")
    deadly = replace(FRESH, silent_takes=MOST_SILENT_TAKES - 1)
    assert JUDGE.judge_abandoned(deadly, "p.1.1", now_ms=NOW_MS).outcome is Outcome.PARK
    assert PARKING.judge_abandoned(FRESH, "p.1.1", now_ms=NOW_MS).outcome is Outcome.PARK


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (UncertainThen.PARK, "waits 10 min for its receipt, and is parked if none comes"),
        (UncertainThen.RESEND, "and goes again alone, under the same key if none comes"),
    ],
)
def test_with_receipt_it_waits_for_one_before_it_goes_again(then: UncertainThen, words: str) -> None:
    waiting = Judge(Policy(on_uncertain=OnUncertain.RECEIPT, uncertain_then=then), lambda: 0.5)
    for message in (FRESH, TRIED, replace(TRIED, tries=30)):
        [verdict] = judge(make_batch(message), NO_ANSWER, waiting).verdicts
        assert (verdict.outcome, verdict.alone, verdict.delay_ms) == (Outcome.RETRY, True, 600_000)
        assert words in verdict.detail
    # What is parked for another reason is parked at once.
    [verdict] = judge(make_batch(replace(TRIED, attempts=7), ok_take=41), NO_ANSWER, waiting).verdicts
    assert verdict.outcome is Outcome.PARK


def test_given_back_batch_comes_back_whole() -> None:
    batch = make_full()
    settlement = give_back(batch, "STALE", "why", delay_ms=5)
    assert [(e.msg_key, e.outcome, e.delay_ms) for e in settlement.verdicts] == [
        (message.msg_key, Outcome.BACK, 5) for message in batch.messages
    ]
    # No request was made, so none is counted, and nothing is said about the gateway.
    assert settlement.effects == ()
