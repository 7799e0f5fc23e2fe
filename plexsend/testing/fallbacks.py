"""Fallbacks of the outbox in memory: made and dropped by the same rules as in Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.codes import Meaning, find_code
from plexsend.outbox.fallbacks import UNSENT_CODES, FallbackFate, fallback_key
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.states import State
from plexsend.outbox.submit import NewMessage
from plexsend.producers.moments import Moments
from plexsend.testing.messages import SubmittedMessage

if TYPE_CHECKING:
    from plexsend.testing.policies import MemoryPolicies

_CODES = "fallback_codes"
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
    message.fallback = FallbackFate.SENT
    new = NewMessage(fallback_key(message.msg_key), kept.body, kept.receiver)
    return SubmittedMessage(kept.lane, new, kept.stamp, now_ms, Moments(None, until_ms))


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
