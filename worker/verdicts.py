"""What an answer means for each message of a batch: pure functions over plain values.

A message that may have been sent never ends as rejected or failed here: where that would be the verdict, it
is parked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plexsend.gateway.answers import DOUBLED, MISSING, UNREADABLE, ItemAnswer, ItemAnswers, WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.outbox.batches import Effect, EffectKind, Outcome, Settlement, Verdict
from plexsend.outbox.reasons import HOLD_RULES
from plexsend.settings import OnUncertain, UncertainThen
from plexsend.terminal.moments import span
from plexsend.worker.backoff import full_jitter_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plexsend.gateway.answers import Answer
    from plexsend.outbox.batches import Batch, Message
    from plexsend.settings import Policy

MOST_SILENT_TAKES = 5
"""Takes without a verdict after which a message is parked: it seems to kill every worker that takes it."""

SILENT = "NO_VERDICT"

ASIDE_TRIES = 3
"""How long a message that goes alone steps aside when it shuts the lane, in tries of the backoff."""

_NO_WORD = frozenset({MISSING, DOUBLED, UNREADABLE})


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges answers under one policy. `chance` returns a number in [0, 1), a new one for each delay."""

    policy: Policy
    chance: Callable[[], float]

    def judge(self, answer: Answer, batch: Batch, *, now_ms: int) -> Settlement:
        """Return a verdict for every message of a batch that was posted, and the effects beyond them."""
        if isinstance(answer, ItemAnswers):
            return self._items(answer.by_key, batch, now_ms)
        return self._whole(answer, batch, now_ms)

    def judge_abandoned(self, message: Message, token: str, *, now_ms: int) -> Verdict:
        """Return the verdict for a message whose drain died: it may have been sent."""
        if message.silent_takes + 1 >= MOST_SILENT_TAKES:
            return Verdict(
                message.msg_key,
                token,
                Outcome.PARK,
                code=SILENT,
                detail=f"taken {MOST_SILENT_TAKES} times, and each time the worker died or hung",
            )
        return self._uncertain(
            message,
            token,
            spent=False,
            explicit=False,
            code=SILENT,
            detail="the worker that had it died or hung",
            now_ms=now_ms,
        )

    def _items(self, by_key: Mapping[str, ItemAnswer], batch: Batch, now_ms: int) -> Settlement:
        verdicts = tuple(
            self._item(by_key[message.msg_key], message, batch, now_ms) for message in batch.messages
        )
        meanings = {answer.meaning for answer in by_key.values()}
        effects = [Effect(EffectKind.REQUEST, len(batch.messages))]
        # One definite answer shows that the gateway is there: what is missing is that item's own trouble.
        if meanings == {Meaning.UNCERTAIN}:
            effects.append(_shut(batch, None, "no item was answered"))
        else:
            effects.append(Effect(EffectKind.ANSWERED))
        effects += _held(by_key.values(), batch)
        return Settlement(batch.token, batch.take, verdicts, tuple(effects), batch.taken_ms)

    def _item(self, answer: ItemAnswer, message: Message, batch: Batch, now_ms: int) -> Verdict:
        if answer.meaning is Meaning.ACCEPTED:
            return Verdict(
                message.msg_key, batch.token, Outcome.ACCEPTED, code=answer.code, detail=answer.desc
            )
        verdict = Verdict(message.msg_key, batch.token, Outcome.BACK, code=answer.code, detail=answer.desc)
        match answer.meaning:
            case Meaning.REJECTED | Meaning.BAD_ITEM:
                verdict = _end(verdict, message, Outcome.REJECTED)
            case Meaning.DUPLICATE:
                verdict = _duplicate(verdict, message)
            case Meaning.UNKNOWN:
                verdict = _end(verdict, message, Outcome.FAILED)
            case Meaning.TOO_MANY_ITEMS if len(batch.messages) == 1:
                verdict = _end(verdict, message, Outcome.FAILED)
            case Meaning.UNCERTAIN | Meaning.UNAVAILABLE:
                verdict = self._uncertain(
                    message,
                    batch.token,
                    spent=_spent(message, batch),
                    # The gateway answered its neighbours, but said nothing readable about this item.
                    explicit=answer.code not in _NO_WORD,
                    code=answer.code,
                    detail=answer.desc,
                    now_ms=now_ms,
                )
            case _:
                # Not sent: a hold or a smaller batch is what follows.
                pass
        return verdict

    def _whole(self, answer: WholeAnswer, batch: Batch, now_ms: int) -> Settlement:
        verdicts = tuple(self._whole_verdict(answer, message, batch, now_ms) for message in batch.messages)
        return Settlement(batch.token, batch.take, verdicts, _whole_effects(answer, batch), batch.taken_ms)

    def _whole_verdict(self, answer: WholeAnswer, message: Message, batch: Batch, now_ms: int) -> Verdict:
        verdict = Verdict(message.msg_key, batch.token, Outcome.BACK, code=answer.code, detail=answer.desc)
        by_itself = len(batch.messages) == 1
        match answer.meaning:
            case Meaning.BAD_ITEM if by_itself:
                return _end(verdict, message, Outcome.REJECTED)
            case Meaning.BAD_ITEM:
                return replace(verdict, alone=True)
            case Meaning.TOO_MANY_ITEMS if by_itself:
                return _end(verdict, message, Outcome.FAILED)
            case Meaning.UNCERTAIN:
                return self._uncertain(
                    message,
                    batch.token,
                    spent=_spent(message, batch),
                    explicit=answer.explicit,
                    code=answer.code,
                    detail=answer.desc,
                    now_ms=now_ms,
                )
            case Meaning.UNAVAILABLE if by_itself:
                # It may be this message that causes the answer: the next probe takes another, if it can.
                aside_ms = self._delay_ms(ASIDE_TRIES) if message.alone else 0
                return replace(verdict, alone=True, delay_ms=aside_ms)
            case _:
                return verdict

    def _uncertain(
        self,
        message: Message,
        token: str,
        *,
        spent: bool,
        explicit: bool,
        code: str,
        detail: str,
        now_ms: int,
    ) -> Verdict:
        verdict = Verdict(message.msg_key, token, Outcome.PARK, spent=spent, code=code, detail=detail)
        policy = self.policy
        if policy.on_uncertain is OnUncertain.PARK:
            return replace(verdict, detail=f"{detail}; parked, as the policy on_uncertain asks")
        if message.attempts + spent >= policy.retry_attempts:
            return replace(
                verdict,
                detail=f"{detail}; parked after {policy.retry_attempts} attempts while others went through",
            )
        first_ms = message.first_ms if message.first_ms is not None else now_ms
        if not explicit and now_ms - first_ms >= policy.resend_within_s * 1000:
            return replace(
                verdict,
                detail=f"{detail}; parked, as its first try is older than the policy resend_within_s allows",
            )
        delay_ms, what_next = self._what_next(message)
        return replace(
            verdict,
            outcome=Outcome.RETRY,
            alone=True,
            detail=f"{detail}; it may have been sent, so it {what_next}".lstrip("; "),
            delay_ms=delay_ms,
            # It may wait behind a hold: the outbox checks again when it is about to go.
            until_ms=0 if explicit else first_ms + round(policy.resend_within_s * 1000),
        )

    def _what_next(self, message: Message) -> tuple[int, str]:
        """Return for how long it waits (ms), and what it does then, in words."""
        delay_ms, goes_again = self._delay_ms(message.tries), "goes again alone, under the same key"
        if self.policy.on_uncertain is not OnUncertain.RECEIPT:
            return delay_ms, goes_again
        wait_s = self.policy.uncertain_wait_s
        then = "is parked" if self.policy.uncertain_then is UncertainThen.PARK else goes_again
        words = f"waits {span(wait_s)} for its receipt, and {then} if none comes"
        return max(delay_ms, round(wait_s * 1000)), words

    def _delay_ms(self, tries: int) -> int:
        return full_jitter_ms(
            tries,
            first_s=self.policy.retry_first_s,
            longest_s=self.policy.retry_longest_s,
            chance=self.chance(),
        )


def give_back(
    batch: Batch, code: str, detail: str, *, delay_ms: int = 0, effects: tuple[Effect, ...] = ()
) -> Settlement:
    """Return a batch that was not posted, whole."""
    verdicts = tuple(
        Verdict(message.msg_key, batch.token, Outcome.BACK, delay_ms=delay_ms, code=code, detail=detail)
        for message in batch.messages
    )
    return Settlement(batch.token, batch.take, verdicts, effects, batch.taken_ms)


# An attempt is spent only by a message that failed alone while its lane delivered a batch that was taken
# after its last failure: so an outage, which fails everything, costs no message anything, however it begins.
def _spent(message: Message, batch: Batch) -> bool:
    return message.alone and message.failed_at_take is not None and batch.ok_take > message.failed_at_take


# A dead letter says that the message was not sent, and invites a person to have it sent.
def _end(verdict: Verdict, message: Message, outcome: Outcome) -> Verdict:
    if message.may_have_been_sent:
        return replace(
            verdict, outcome=Outcome.PARK, detail=f"{verdict.detail}; an earlier request may have sent it"
        )
    return replace(verdict, outcome=outcome)


def _duplicate(verdict: Verdict, message: Message) -> Verdict:
    if message.may_have_been_sent:
        return replace(
            verdict,
            outcome=Outcome.ACCEPTED,
            detail="the gateway knew the key: the earlier request had sent it",
        )
    return replace(verdict, outcome=Outcome.REJECTED)


def _held(answers: Iterable[ItemAnswer], batch: Batch) -> list[Effect]:
    found = {answer.meaning: answer for answer in answers}
    effects = []
    for meaning, kind in _HOLDS.items():
        if meaning in found:
            effects.append(Effect(kind, 0, _words(found[meaning].code, found[meaning].desc)))
    if Meaning.TOO_MANY_ITEMS in found and len(batch.messages) > 1:
        effects.append(
            Effect(
                EffectKind.SMALLER, len(batch.messages), _words("G160", found[Meaning.TOO_MANY_ITEMS].desc)
            )
        )
    return effects


_HOLDS = {rule.meant_by: rule.begun_by for rule in HOLD_RULES if rule.meant_by and rule.begun_by}


def _whole_effects(answer: WholeAnswer, batch: Batch) -> tuple[Effect, ...]:
    request = Effect(EffectKind.REQUEST, len(batch.messages))
    words = _words(answer.code, answer.desc)
    match answer.meaning:
        case Meaning.UNAVAILABLE:
            return (request, Effect(EffectKind.SHUT, _retry_after_ms(answer), words))
        case Meaning.CONNECTED:
            # No request was made. The gateway can be reached, so what was shut opens.
            return (Effect(EffectKind.ANSWERED),)
        case Meaning.UNCERTAIN:
            return (request, _shut(batch, answer, words))
        case Meaning.TOO_MANY_ITEMS if len(batch.messages) > 1:
            return (
                request,
                Effect(EffectKind.ANSWERED),
                Effect(EffectKind.SMALLER, len(batch.messages), words),
            )
        case _:
            kind = _HOLDS.get(answer.meaning)
            held = (Effect(kind, 0, words),) if kind else ()
            return (request, Effect(EffectKind.ANSWERED), *held)


# What goes alone from its second try on shuts no lane: one poisonous message cannot stop the others.
def _shut(batch: Batch, answer: WholeAnswer | None, words: str) -> Effect:
    kind = EffectKind.SHUT_ALONE if batch.messages[0].alone else EffectKind.SHUT
    return Effect(kind, _retry_after_ms(answer), words)


def _retry_after_ms(answer: WholeAnswer | None) -> int:
    return 0 if answer is None or answer.retry_after_s is None else round(answer.retry_after_s * 1000)


def _words(code: str, desc: str) -> str:
    return f"{code}: {desc}" if desc else code
