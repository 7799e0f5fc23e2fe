"""Causes: what keeps a message from going, or what became of it; those that its receipt gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.fallbacks import FallbackFate, fallback_key
from plexsend.outbox.reading.receipt_words import receipt_words
from plexsend.outbox.states import FINAL, State
from plexsend.terminal.moments import WallClock, span

if TYPE_CHECKING:
    from datetime import tzinfo

    from plexsend.outbox.records import Record

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that keeps the message from going, or how it ended. Times in ms since 1970."""

    kind: str
    """ended, parked, sending, scheduled, hold, limit, quiet, window, behind, rate, linger, no_worker, alone,
    tried, next, cancel_wanted, expired, receipt or fallback."""
    text: str
    since_ms: int | None = None
    until_ms: int | None = None


def receipt_causes(record: Record, *, receipts_come: bool, zone: tzinfo | None, wait_h: float) -> list[Cause]:
    """Return what a message's receipt said, or until when one is waited for; nothing where neither is so.

    Args:
        record: The message's.
        receipts_come: Whether one ever came for a message of its account.
        zone: In which times are shown; None: UTC.
        wait_h: For how many hours its service waits for one.
    """
    note = record.receipt
    if note is not None:
        is_kept = record.state is State.SENDING
        said = "came while it is being sent, and decides once that is settled" if is_kept else "says"
        remedy = f". {note.meaning.remedy}" if note.meaning.remedy else ""
        text = f"its receipt {said}: {receipt_words(note, WallClock(zone).words)}{remedy}"
        return [Cause("receipt", text, since_ms=note.came_ms)]
    if record.state is State.UNKNOWN:
        text = "no receipt came in the time of the policy receipt_wait_h; a late one still counts"
        return [Cause("receipt", text)]
    if record.state is State.ACCEPTED and receipts_come and record.ended_ms is not None:
        until_ms = record.ended_ms + round(wait_h * _HOUR_MS)
        text = "its receipt has not come; without one it becomes unknown"
        return [Cause("receipt", text, until_ms=until_ms)]
    return []


def fallback_causes(record: Record) -> list[Cause]:
    """Return what is with a message's fallback, or of which message it is one; nothing for others."""
    if record.fallback_of is not None:
        return [Cause("fallback", f"it was sent in place of {record.fallback_of}")]
    if record.fallback is FallbackFate.SENT:
        return [Cause("fallback", f"its fallback was sent: {fallback_key(record.msg_key)}")]
    if record.fallback is FallbackFate.KEPT:
        text = "its fallback is sent where it is rejected, or a receipt says that it was not delivered"
        due_ms = record.fallback_due_ms
        if due_ms is not None:
            return [Cause("fallback", f"{text}, or none has come by then", until_ms=due_ms)]
        if record.fallback_after_ms and record.state not in FINAL:
            text += (
                f", or none has come {span(record.fallback_after_ms / 1000)} after the gateway accepted it"
            )
        return [Cause("fallback", text)]
    return []
