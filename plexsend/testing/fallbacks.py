"""Fallbacks of the outbox in memory: made and dropped by the same rules as in Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.gateway.codes import Meaning, find_code
from plexsend.outbox.fallbacks import UNSENT_CODES, FallbackFate, fallback_key
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage
from plexsend.producers.moments import Moments
from plexsend.testing.messages import SubmittedMessage

if TYPE_CHECKING:
    from plexsend.outbox.fallbacks import Fallback
    from plexsend.outbox.lanes import Lane
    from plexsend.testing.policies import MemoryPolicies

_CODES, _AFTER = "fallback_codes", "fallback_after_s"
_OVER = frozenset({State.DELIVERED, State.UNDELIVERED, State.EXPIRED, State.CANCELLED})
"""States in which a fallback that was not sent never will be."""


def make_fallback(
    message: SubmittedMessage, policies: MemoryPolicies, now_ms: int
) -> SubmittedMessage | None:
    """Return the fallback of a message that has just changed, where it is sent now; note what is with it."""
    kept = message.new.fallback
    if kept is None or message.fallback is not FallbackFate.KEPT:
        return None
    until_ms = message.moments.expires_at_ms
    if not _reaches_nobody(message, policies) or (until_ms is not None and until_ms <= now_ms):
        message.fallback = None if message.state in _OVER else FallbackFate.KEPT
        return None
    return _made(message, kept, now_ms)


def make_overdue(message: SubmittedMessage, now_ms: int) -> SubmittedMessage:
    """Return the fallback of a message of which no receipt came in time; UsageError where none goes so."""
    kept = message.new.fallback
    if kept is None or message.record().fallback_due_ms is None:
        raise UsageError(
            f"The message {message.msg_key} ({message.state}) has no fallback that goes by time. One goes "
            "where fallback_after_s is set (its own or the policy), it was accepted and has no receipt."
        )
    return _made(message, kept, now_ms)


def after_ms_of(lane: Lane, new: NewMessage, policies: MemoryPolicies) -> int:
    """Return how long after its acceptance a new message's fallback goes without a receipt; 0: never."""
    if new.fallback is None:
        return 0
    row = ROWS[_AFTER]
    text = policies.look().text(row, lane.service, lane.account)
    in_force = row.value(row.default if text is None else text)
    return new.fallback.after_ms or round(float(in_force) * 1000)


def _made(message: SubmittedMessage, kept: Fallback, now_ms: int) -> SubmittedMessage:
    message.fallback = FallbackFate.SENT
    new = NewMessage(fallback_key(message.msg_key), kept.body, kept.receiver)
    return SubmittedMessage(kept.lane, new, kept.stamp, now_ms, Moments(None, message.moments.expires_at_ms))


def _reaches_nobody(message: SubmittedMessage, policies: MemoryPolicies) -> bool:
    if message.state is State.REJECTED:
        known = find_code(message.code)
        return known is None or known.as_item is not Meaning.DUPLICATE
    if message.state is State.FAILED:
        return message.code in UNSENT_CODES
    if message.state is not State.UNDELIVERED or message.receipt is None:
        return False
    row = ROWS[_CODES]
    text = policies.look().text(row, message.service, message.account)
    listed = row.value(row.default if text is None else text)
    return message.receipt.code in listed or str(message.receipt.meaning.kind) in listed
