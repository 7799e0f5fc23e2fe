"""The way of a batch through Redis: settle one, take the next, in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from plexsend.outbox.batches import FULL_BATCH, Batch, Message, Settlement
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.batches import Verdict
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Policy

REQUEST_DEADLINE_S = 15
"""The longest that one request takes, answer and all (design of the client)."""
LEASE_MS = (REQUEST_DEADLINE_S + 5) * 1000
"""How long a drain's place in its lane outlives its last call."""


class Mode(StrEnum):
    """What a call of advance is for."""

    TAKE = "take"
    STOP = "stop"
    SETTLE = "settle"


class Status(StrEnum):
    """Why there is nothing to send now."""

    IDLE = "idle"
    """Nothing for `wait_ms`; the lease went back, housekeeping rings again."""
    STAY = "stay"
    """Nothing for `wait_ms`, short enough to wait for it with the lease kept."""
    ENOUGH = "enough"
    """Other drains serve this lane to its limit."""
    STOPPED = "stopped"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class NothingTaken:
    """Nothing was taken."""

    status: Status
    wait_ms: int
    reason: str
    bell: str
    """A doorbell that the caller must send for this lane, or nothing."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who calls, and which of its calls this is. A repeated ticket takes nothing new."""

    drain: str
    sequence: int


def advance(
    store: Store,
    lane: Lane,
    ticket: Ticket,
    policy: Policy,
    *,
    mode: Mode = Mode.TAKE,
    settlement: Settlement | None = None,
    bell: str = "",
    stay_ms: int = 0,
) -> Batch | NothingTaken:
    """Settle what is given and, in mode `take`, take the lane's next batch.

    `stay_ms`: how long the drain would wait for work with its lease kept; in mode `stop`, 1 where other
    doorbells wait for its thread, so that housekeeping decides which lane is next.

    Raises OutboxUnavailable when Redis does not answer: call again with the same ticket until it does.
    """
    header: list[str | bytes | int] = [
        lane.name, lane.service, ticket.drain, ticket.sequence, mode, bell, stay_ms, FULL_BATCH,
        repr(float(policy.rate_per_s)), policy.linger_ms, policy.connections, _ms(policy.reclaim_s), LEASE_MS,
        _ms(policy.shut_first_s), _ms(policy.shut_longest_s),
        _ms(policy.credit_hold_s), _ms(policy.credit_hold_longest_s),
    ]  # fmt: skip
    reply = store.run(Script.ADVANCE, lane.account, header + _settlement_args(settlement))
    status = text(reply[0])
    if status == "taken":
        return _batch(lane, reply)
    return NothingTaken(Status(status), number(reply[1]), text(reply[2]), text(reply[6]))


def _ms(wait_s: float) -> int:
    return round(wait_s * 1000)


def _settlement_args(settlement: Settlement | None) -> list[str | bytes | int]:
    if settlement is None:
        return ["", 0, 0, 0]
    args: list[str | bytes | int] = [
        settlement.token, settlement.take, settlement.taken_ms, len(settlement.effects)
    ]  # fmt: skip
    for effect in settlement.effects:
        args += (effect.kind, effect.number, effect.text)
    # Neighbours mostly share their verdict; it is told once.
    for verdict, verdicts in groupby(settlement.verdicts, _verdict):
        keys = [verdict.msg_key for verdict in verdicts]
        args += (*verdict, len(keys), *keys)
    return args


def _verdict(verdict: Verdict) -> tuple[str | int, ...]:
    spent, alone = int(verdict.spent), int(verdict.alone)
    times = (verdict.delay_ms, verdict.until_ms)
    return (verdict.token, verdict.outcome, *times, spent, alone, verdict.code, verdict.detail)


_HEADER_LENGTH = 7
_VALUES_PER_MESSAGE = 4


def _batch(lane: Lane, reply: Sequence[Any]) -> Batch:
    messages = tuple(
        _message(*reply[i : i + _VALUES_PER_MESSAGE])
        for i in range(_HEADER_LENGTH, len(reply), _VALUES_PER_MESSAGE)
    )
    return Batch(
        lane=lane,
        token=text(reply[3]),
        taken_ms=number(reply[1]),
        take=number(reply[4]),
        ok_take=number(reply[5]),
        probe=text(reply[2]) == "probe",
        messages=messages,
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
        may_have_been_sent=b"m" in flags,
        alone=b"a" in flags,
    )
