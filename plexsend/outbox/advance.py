"""The calls of the script advance: settle one batch and take the next, in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from plexsend.errors import KeySpoilt
from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.arguments import ADVANCE, ADVANCE_ANSWER, EFFECT, VERDICT
from plexsend.outbox.batches import Batch, Message, Settlement
from plexsend.outbox.constants import LONGEST_SLEEP_MS
from plexsend.outbox.flags import Flag
from plexsend.outbox.policies.state import run
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text
from plexsend.outbox.rewound import Forgotten, Loss
from plexsend.outbox.seen import NOTHING_SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.seen import Seen


class Mode(StrEnum):
    """What a call of advance is for."""

    TAKE = "take"
    STOP = "stop"
    SETTLE = "settle"
    DECLINE = "decline"
    AGAIN = "again"
    """Take nothing new, but answer a take again whose reply was lost."""


class Status(StrEnum):
    """Why there is nothing to send now."""

    IDLE = "idle"
    """Nothing can be sent for `wait_ms`; the lease was given back, and housekeeping rings again."""
    STAY = "stay"
    """Nothing can be sent for `wait_ms`, which is short enough to wait with the lease kept."""
    ENOUGH = "enough"
    """Other drains serve this lane to its limit."""
    SPOILT = "spoilt"
    """Another program put something else in place of the key that `reason` names. Verdicts were written."""
    DECLINED = "declined"
    """This process cannot send for the account, which others may: `reason` says `secret` or `address`. Or
    it may not take yet: `redis`."""
    STOPPED = "stopped"
    SETTLED = "settled"
    FORGOT = "forgot"
    """Redis forgot takes of which this process knows: nothing is taken in this call."""


@dataclass(frozen=True, slots=True)
class NothingTaken:
    """What a call answers that took nothing."""

    status: Status
    wait_ms: int
    reason: str
    bell: str
    """A doorbell that the caller must send for this lane, or nothing."""
    forgotten: Forgotten | None = None
    """With `forgot`: what Redis forgot."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who calls, and which of its calls this is. A repeated ticket takes nothing new."""

    drain: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Sender:
    """With what a process sends: compared with what was refused, and with the address that was agreed on."""

    fingerprint: str = ""
    """Of the account's secret; empty where it is not to be compared."""
    product: str = ""
    url: str = ""


UNKNOWN_SENDER = Sender()


def advance(
    store: Store,
    lane: Lane,
    ticket: Ticket,
    *,
    mode: Mode = Mode.TAKE,
    settlement: Settlement | None = None,
    bell: str = "",
    stay_ms: int = 0,
    yields: bool = False,
    most_items: int = MOST_ITEMS,
    sender: Sender = UNKNOWN_SENDER,
    seen: Seen = NOTHING_SEEN,
) -> Batch | NothingTaken:
    """Settle what is given and, in mode `take`, take the lane's next batch.

    `stay_ms`: how long the drain would wait for work with its lease kept. `yields`: in mode `stop`, whether
    other doorbells wait for its thread, so that housekeeping decides which lane is next.
    `most_items`: the largest batch of the lane's product. `sender`: with what the batch would be sent.
    `seen`: what the process knows of the lane's route.

    Raises OutboxUnavailable when Redis does not answer: call again with the same ticket until it does. It is
    an OutboxMoved where the server does not have the account: this may never change. Raises KeySpoilt where a
    verdict could not be written for what another program did.
    """
    settled = settlement or _NOTHING
    args = ADVANCE.write(
        lane=lane.name,
        service=lane.service,
        drain=ticket.drain,
        sequence=ticket.sequence,
        mode=mode,
        bell=bell,
        stay_ms=stay_ms,
        yields=int(yields),
        most_items=most_items,
        settled_token=settled.token,
        settled_take=settled.take,
        settled_ms=settled.taken_ms,
        effect_count=len(settled.effects),
        fingerprint=sender.fingerprint,
        product=sender.product,
        url=sender.url,
        refused=settled.refused,
        seen_takes=seen.takes,
        seen=seen.words,
    )
    try:
        reply = run(store, Script.ADVANCE, lane.account, [*args, *_settlement_args(settled)])
    except KeySpoilt as exc:
        if not exc.is_settled:
            raise
        return NothingTaken(Status.SPOILT, LONGEST_SLEEP_MS, exc.key, "")
    answer = ADVANCE_ANSWER.read(reply)
    status = text(answer["status"])
    if status == "taken":
        return _batch(lane, answer, reply[len(answer) :])
    reason = text(answer["reason"])
    if status == Status.FORGOT:
        takes, messages = number(answer["take"]), number(answer["went"])
        forgotten = Forgotten(Loss(reason), takes, messages, number(answer["ms"]))
        return NothingTaken(Status.FORGOT, 0, reason, "", forgotten)
    return NothingTaken(Status(status), number(answer["ms"]), reason, text(answer["bell"]))


_NOTHING = Settlement("", 0, ())
"""What is settled where there is nothing to settle."""

# The names of the values are those of the attributes; how many keys follow a verdict is known last.
_of_effect = attrgetter(*EFFECT.names)
_of_verdict = attrgetter(*VERDICT.names[:-1])


def _settlement_args(settlement: Settlement) -> list[str | bytes | int]:
    args: list[str | bytes | int] = []
    for effect in settlement.effects:
        args += _of_effect(effect)
    # Neighbours mostly share their verdict; it is written once.
    for shared, verdicts in groupby(settlement.verdicts, _of_verdict):
        keys = [verdict.msg_key for verdict in verdicts]
        args += VERDICT.write_all((*shared, len(keys)))
        args += keys
    return args


_VALUES_PER_MESSAGE = 4
_MAY_HAVE_BEEN_SENT, _ALONE = Flag.MAY_HAVE_BEEN_SENT.encode(), Flag.ALONE.encode()


def _batch(lane: Lane, answer: Mapping[str, Any], taken: Sequence[Any]) -> Batch:
    messages = tuple(
        _message(*taken[i : i + _VALUES_PER_MESSAGE]) for i in range(0, len(taken), _VALUES_PER_MESSAGE)
    )
    return Batch(
        lane=lane,
        token=text(answer["token"]),
        taken_ms=number(answer["ms"]),
        take=number(answer["take"]),
        ok_take=number(answer["ok_take"]),
        probe=text(answer["reason"]) == "probe",
        messages=messages,
        epoch=number(answer["epoch"]),
        went=number(answer["went"]),
        here=text(answer["here"]),
    )


def _message(msg_key: bytes, body: bytes, stamp: bytes, troubles: bytes) -> Message:
    if troubles:
        return message_of(text(msg_key), body, (stamp, *troubles.split(b"|", 5)))
    return Message(text(msg_key), body, text(stamp))


def message_of(msg_key: str, body: bytes, facts: Sequence[bytes]) -> Message:
    """Return a message from its facts, in the order in which the scripts answer them."""
    stamp, attempts, tries, first, failed_at, silent, flags = facts
    return Message(
        msg_key=msg_key,
        body=body,
        stamp=text(stamp),
        attempts=number(attempts),
        tries=number(tries),
        first_ms=number(first) if first else None,
        failed_at_take=number(failed_at) if failed_at else None,
        silent_takes=number(silent),
        may_have_been_sent=_MAY_HAVE_BEEN_SENT in flags,
        alone=_ALONE in flags,
    )
