"""Whether fallbacks went where they had to, and only there: once, for a cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.evidence import ACCEPTED, Told
from tests.chaos.group_oracle import may_be_cancelled_with_its_group
from tests.chaos.load import FALLBACK_MARK, fallback_after_s, first_of, lane_of
from tests.chaos.promises import LEEWAY_S, Break, Promise
from tests.chaos.receipt_codes import is_listed, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.chaos.evidence import Evidence, Record

_NO_REFUSAL = frozenset({ACCEPTED, "71003", "X999", ""})
"""What the gateway decided of a message without refusing it: accepted, known, a code of nobody, dropped."""
_GOES = "its fallback goes"
"""So begins what the history of a message says where its fallback is sent."""
_HEARD_BY_S = 180.0
"""After that a receipt that never came has let its fallback go, whatever outage was."""


def fallbacks_of(
    told: Mapping[str, Told], records: Mapping[str, Record], accepted: Mapping[str, Sequence[float]]
) -> dict[str, Told]:
    """Return the fallbacks that there are or that the gateway accepted, as their producer knows them."""
    found = {}
    for first in told.values():
        key = first.key + FALLBACK_MARK
        if fallback_after_s(first.key) is not None and (key in records or key in accepted):
            found[key] = Told(key, first.asked_at, later=first.later, cancelled=first.cancelled)
    return found


def was_called_back(told: Told, evidence: Evidence) -> bool:
    """Return whether a fallback may have been cancelled since its first was delivered after all."""
    lane, first = lane_of(first_of(told.key)), first_of(told.key)
    return first != told.key and any(
        lane and each.taken_at and state_of(lane.path, each.code) == "delivered"
        for each in evidence.sequel.receipts.get(first, ())
    )


@dataclass(frozen=True, slots=True)
class _First:
    """What is known of a message that has a fallback."""

    told: Told
    codes: frozenset[str]
    """With which the gateway refused it."""
    accepted: Sequence[float]
    after_s: int

    @property
    def path(self) -> str:
        """Where its requests go."""
        lane = lane_of(self.told.key)
        return lane.path if lane else ""


def judge_fallbacks(
    evidence: Evidence, refused: Mapping[str, set[str]], accepted: Mapping[str, Sequence[float]]
) -> Iterator[Break]:
    """Judge the fallback of each message that has one."""
    for told in evidence.told.values():
        after_s = fallback_after_s(told.key)
        if after_s is None or _is_excused(evidence, told):
            continue
        yield from _judge_made(told, evidence.records.get(told.key))
        fallback, record = told.key + FALLBACK_MARK, evidence.records.get(told.key)
        codes = frozenset(refused.get(told.key, set()) - _NO_REFUSAL)
        first = _First(told, codes, accepted.get(told.key, ()), after_s)
        if fallback in evidence.records or fallback in accepted:
            if not _has_cause(evidence, first):
                at = accepted.get(fallback, (told.asked_at,))[0]
                yield Break(Promise.FALLBACK, fallback, "sent without a cause", at, told.asked_at)
        elif record is not None and (cause := _why_missing(evidence, first, record)):
            at = record.history[-1].at if record.history else told.asked_at
            why = f"{cause}, and its fallback was not sent"
            yield Break(Promise.FALLBACK, told.key, why, at, told.asked_at)


# Sent twice it would have been accepted twice too, unless the second one was taken for the first.
def _judge_made(told: Told, record: Record | None) -> Iterator[Break]:
    events = record.history if record else ()
    made = [event.at for event in events if event.event == "fallback" and event.words.startswith(_GOES)]
    if len(made) > 1:
        yield Break(Promise.FALLBACK, told.key, f"its fallback was made {len(made)} times", made[1], made[0])


# What Redis forgot, and what another program took away, excuses its message.
def _is_excused(evidence: Evidence, told: Told) -> bool:
    return any(each.restored_at >= told.asked_at for each in evidence.restores) or any(
        evidence.planted_in(key, part) for part in "mbh" for key in (told.key, told.key + FALLBACK_MARK)
    )


def _has_cause(evidence: Evidence, first: _First) -> bool:
    receipts = evidence.sequel.receipts.get(first.told.key, ())
    if first.codes or any(is_listed(first.path, each.code) for each in receipts):
        return True
    fallback = first.told.key + FALLBACK_MARK
    sent = [request.at for request in evidence.requests if fallback in request.keys]
    accepted = first.accepted
    return bool(
        first.after_s and accepted and (not sent or sent[0] >= accepted[0] + first.after_s - LEEWAY_S)
    )


def _why_missing(evidence: Evidence, first: _First, record: Record) -> str:
    told = first.told
    if told.cancelled or may_be_cancelled_with_its_group(told, evidence):
        return ""
    if record.state == "rejected" and record.code in first.codes:
        return f"it is rejected ({record.code})"
    receipts = evidence.sequel.receipts.get(told.key, ())
    undelivered = [each.code for each in receipts if state_of(first.path, each.code) == "undelivered"]
    if record.state == "undelivered" and all(is_listed(first.path, code) for code in undelivered):
        return f"a receipt says {', '.join(undelivered) or record.state}"
    is_unheard = record.state == "accepted" and first.accepted and not receipts
    if is_unheard and first.after_s and _ended(evidence) > first.accepted[-1] + _HEARD_BY_S:
        return f"no receipt came within {first.after_s} s"
    return ""


def _ended(evidence: Evidence) -> float:
    return evidence.requests[-1].at if evidence.requests else 0.0
