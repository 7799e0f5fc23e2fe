"""Judging again the messages that do not carry this worker's own stamp."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from plexsend.errors import InvalidItem
from plexsend.gateway.ad_marks import MARK, says_advertisement, why_not_marked
from plexsend.gateway.stamps import Stamp, StampRelation, compare
from plexsend.outbox.batches import Outcome, Verdict
from plexsend.outbox.policies.open_hours import is_night

if TYPE_CHECKING:
    from collections.abc import Collection

    from plexsend.gateway.ad_marks import AdMarks
    from plexsend.gateway.items import ItemLoader
    from plexsend.outbox.batches import Batch, Message

INVALID = "INVALID"
NEWER = "NEWER_STAMP"
ONLY_TO = "ONLY_TO"
AD_MARKS = "AD_MARKS"

_MARK = MARK.encode()

LONGEST_REASON = 400
"""Characters of a refusal that are kept in the history."""

NEWER_DELAY_MS = 60_000
"""How long a message written by a newer version steps aside for a worker of that version: so long that a lane
full of them does not keep the others waiting."""


@dataclass(frozen=True, slots=True)
class Rechecked:
    """Messages that may be posted, and the verdicts for those that may not."""

    messages: tuple[Message, ...]
    verdicts: tuple[Verdict, ...]


def recheck(
    batch: Batch, loader: ItemLoader, only_to: Collection[str] = (), marks: AdMarks | None = None
) -> Rechecked:
    """Load every message again whose stamp is not the loader's own; a body may come out in a newer form.

    Args:
        batch: What was taken.
        loader: The rules.
        only_to: The only numbers that are sent to, by the policy in force; empty: all.
        marks: What advertisements carry by the policies in force; None: that is not judged.
    """
    own = loader.stamp.forms
    has_ads = marks is not None and any(_may_advertise(message.body) for message in batch.messages)
    if not only_to and not has_ads and all(message.stamp in own for message in batch.messages):
        return Rechecked(batch.messages, ())
    judged = [_judge(message, batch, loader, own) for message in batch.messages]
    if marks is not None and has_ads:
        judged = [_judge_marks(each, batch, marks) for each in judged]
    if only_to:
        judged = [_guard(each, batch, only_to) for each in judged]
    return Rechecked(
        tuple(item for item in judged if not isinstance(item, Verdict)),
        tuple(item for item in judged if isinstance(item, Verdict)),
    )


def _judge(message: Message, batch: Batch, loader: ItemLoader, own: Collection[str]) -> Message | Verdict:
    if message.stamp in own:
        return message
    if _is_newer(message.stamp, loader.stamp):
        return Verdict(
            message.msg_key, batch.token, Outcome.BACK, delay_ms=NEWER_DELAY_MS, code=NEWER,
            detail="written by a newer version of plexsend than this worker's",
        )  # fmt: skip
    try:
        item = loader.load_wire(message.body, variant=batch.lane.variant)
    except InvalidItem as exc:
        return _refuse(message, batch, str(exc))
    if item.msg_key != message.msg_key:
        return _refuse(message, batch, "msg_key: the body holds another key than the record")
    return message if item.body == message.body else replace(message, body=item.body)


def crosses_into_night(batch: Batch, waited_s: float) -> bool:
    """Return whether the hours of the law began since a batch with advertisements was taken.

    Those of the policy begin before as a rule, by minutes that a request may take. Somebody may have set
    them to begin as late as the law allows, and then a batch must not wait in a process.
    """
    now_ms = batch.taken_ms + round(waited_s * 1000)
    if not is_night(now_ms) or is_night(batch.taken_ms):
        return False
    return any(_may_advertise(message.body) for message in batch.messages)


# The usual message is none, and is told by that without being read.
def _may_advertise(body: bytes) -> bool:
    return _MARK in body or b'"header":"1"' in body


# The policies may have changed since it was taken in.
def _judge_marks(judged: Message | Verdict, batch: Batch, marks: AdMarks) -> Message | Verdict:
    if isinstance(judged, Verdict) or not _may_advertise(judged.body):
        return judged
    try:
        item = json.loads(judged.body)
        reason = why_not_marked(item, marks) if says_advertisement(item) else None
    except (ValueError, AttributeError, RecursionError):
        reason = "the body cannot be read"
    return judged if reason is None else replace(_refuse(judged, batch, reason), code=AD_MARKS)


# It got in before the policy was set, or past a program that does not know it.
def _guard(judged: Message | Verdict, batch: Batch, only_to: Collection[str]) -> Message | Verdict:
    if isinstance(judged, Verdict):
        return judged
    try:
        number = json.loads(judged.body)["receiver_number"]
    except (ValueError, KeyError, TypeError, RecursionError):
        number = None
    if isinstance(number, str) and number in only_to:
        return judged
    reason = "receiver_number: is not among the numbers that the policy only_to allows for this account"
    return replace(_refuse(judged, batch, reason), code=ONLY_TO)


# What may have been sent was valid by the rules of its time: the gateway alone could say that it is not.
def _refuse(message: Message, batch: Batch, reason: str) -> Verdict:
    detail = reason[:LONGEST_REASON]
    if message.may_have_been_sent:
        detail = f"{detail}; parked, as an earlier request may have sent it"
        return Verdict(message.msg_key, batch.token, Outcome.PARK, code=INVALID, detail=detail)
    return Verdict(message.msg_key, batch.token, Outcome.REJECTED, code=INVALID, detail=detail)


# A lane full of messages of another version carries the same few stamps.
@lru_cache(maxsize=64)
def _is_newer(stamp: str, own: Stamp) -> bool:
    return compare(Stamp.parse(stamp), own) is StampRelation.NEWER
