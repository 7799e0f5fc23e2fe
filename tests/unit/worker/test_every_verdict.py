"""What holds for every batch and every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from plexsend.gateway.answers import ItemAnswer, ItemAnswers, WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.outbox.batches import EffectKind, Outcome
from plexsend.settings import Policy
from plexsend.worker.verdicts import MOST_SILENT_TAKES, Judge
from tests.unit.worker.make import NOW_MS, answers, batches, exchanges, messages
from tests.unit.worker.test_verdicts import JUDGE, PARKING, judge

if TYPE_CHECKING:
    from plexsend.gateway.answers import Answer
    from plexsend.outbox.batches import Batch, Message


@given(exchanges())
def test_every_message_gets_exactly_one_entry(exchange: tuple[Batch, Answer]) -> None:
    batch, answer = exchange
    settlement = judge(batch, answer)
    assert [verdict.msg_key for verdict in settlement.verdicts] == [
        message.msg_key for message in batch.messages
    ]
    assert {verdict.token for verdict in settlement.verdicts} == {batch.token} == {settlement.token}
    assert settlement.take == batch.take


@given(exchanges(), st.sampled_from([JUDGE, PARKING]))
def test_what_may_have_been_sent_never_fails(exchange: tuple[Batch, Answer], by: Judge) -> None:
    batch, answer = exchange
    for message, verdict in zip(batch.messages, judge(batch, answer, by).verdicts, strict=True):
        assert not (message.may_have_been_sent and verdict.outcome is Outcome.FAILED)


@given(exchanges())
def test_only_the_gateways_word_accepts(exchange: tuple[Batch, Answer]) -> None:
    batch, answer = exchange
    for message, verdict in zip(batch.messages, judge(batch, answer).verdicts, strict=True):
        if verdict.outcome is Outcome.ACCEPTED:
            assert isinstance(answer, ItemAnswers)
            meaning = answer.by_key[message.msg_key].meaning
            assert meaning is Meaning.ACCEPTED or (
                meaning is Meaning.DUPLICATE and message.may_have_been_sent
            )


@given(exchanges())
def test_attempts_are_spent_only_as_the_rule_says(exchange: tuple[Batch, Answer]) -> None:
    batch, answer = exchange
    for message, verdict in zip(batch.messages, judge(batch, answer).verdicts, strict=True):
        if verdict.spent:
            assert message.alone
            assert message.failed_at_take is not None
            assert batch.ok_take > message.failed_at_take
            assert verdict.outcome in (Outcome.RETRY, Outcome.PARK)


@given(exchanges())
def test_only_an_uncertain_answer_makes_a_message_uncertain(exchange: tuple[Batch, Answer]) -> None:
    batch, answer = exchange
    for message, verdict in zip(batch.messages, judge(batch, answer).verdicts, strict=True):
        meaning = (
            answer.meaning if isinstance(answer, WholeAnswer) else answer.by_key[message.msg_key].meaning
        )
        if verdict.outcome is Outcome.RETRY:
            assert meaning in (Meaning.UNCERTAIN, Meaning.UNAVAILABLE)
        if verdict.outcome is Outcome.PARK and not message.may_have_been_sent:
            assert meaning in (Meaning.UNCERTAIN, Meaning.UNAVAILABLE)


@given(st.data(), batches())
def test_unknown_code_is_never_guessed(data: st.DataObject, batch: Batch) -> None:
    answer = data.draw(answers(batch).filter(lambda answer: isinstance(answer, ItemAnswers)))
    assert isinstance(answer, ItemAnswers)
    key = data.draw(st.sampled_from([message.msg_key for message in batch.messages]))
    code = data.draw(st.text("CG0123456789_XYZ", min_size=1, max_size=8))
    answer = ItemAnswers({**answer.by_key, key: ItemAnswer(Meaning.UNKNOWN, code, "")}, 0)
    [verdict] = [verdict for verdict in judge(batch, answer).verdicts if verdict.msg_key == key]
    assert verdict.outcome in (Outcome.FAILED, Outcome.PARK)
    assert verdict.code == code


@given(exchanges())
def test_with_park_nothing_is_ever_sent_again(exchange: tuple[Batch, Answer]) -> None:
    batch, answer = exchange
    assert Outcome.RETRY not in {verdict.outcome for verdict in judge(batch, answer, PARKING).verdicts}


@given(exchanges(), st.floats(0, 1, exclude_max=True), st.floats(0.001, 10), st.floats(10, 1000))
def test_second_try_goes_alone_after_a_bounded_delay(
    exchange: tuple[Batch, Answer], chance: float, first_s: float, longest_s: float
) -> None:
    batch, answer = exchange
    policy = Policy(retry_first_s=first_s, retry_longest_s=longest_s)
    for message, verdict in zip(
        batch.messages, judge(batch, answer, Judge(policy, lambda: chance)).verdicts, strict=True
    ):
        if verdict.outcome is Outcome.RETRY:
            assert verdict.alone
            assert 1 <= verdict.delay_ms <= max(1, min(longest_s, first_s * 2**message.tries) * 1000)


@given(exchanges())
def test_request_is_counted_once_and_either_answers_or_shuts(exchange: tuple[Batch, Answer]) -> None:
    batch, answer = exchange
    effects = judge(batch, answer).effects
    made = not (isinstance(answer, WholeAnswer) and answer.meaning is Meaning.CONNECTED)
    assert [e.number for e in effects if e.kind is EffectKind.REQUEST] == [len(batch.messages)] * made
    found = [e.kind for e in effects]
    assert len(found) == len(set(found))
    assert (EffectKind.ANSWERED in found) != bool({EffectKind.SHUT, EffectKind.SHUT_ALONE} & set(found))


@given(messages("k0"))
def test_abandoned_message_ends_neither_failed_nor_accepted(message: Message) -> None:
    verdict = JUDGE.judge_abandoned(message, "p.1.1", now_ms=NOW_MS)
    assert verdict.outcome in (Outcome.RETRY, Outcome.PARK)
    assert not verdict.spent
    if message.silent_takes + 1 >= MOST_SILENT_TAKES:
        assert verdict.outcome is Outcome.PARK
