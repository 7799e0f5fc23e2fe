"""Records, holds and lanes as they go to programs: never a body, never a phone number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading.receipt_words import receipt_json
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from datetime import tzinfo

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.records import Record


def lane_json(lane: Lane) -> dict[str, object]:
    """Return how every object for programs names a lane."""
    return {"lane": lane.name, "service": lane.service, "account": lane.account}


def advertising_json(lane: Lane) -> dict[str, object]:
    """Return what a lane's name says of its messages, for the end of every such object."""
    return {"advertisement": lane.is_advertising, "night_consent": lane.has_night_consent}


def record_json(record: Record, zone: tzinfo | None = None) -> dict[str, object]:
    """Return a record for programs. What is not there is null.

    `code` and `desc` are of the request, `receipt` is what became of the message then; `zone`: in which its
    time is given, None: UTC.
    """
    return {
        "msg_key": record.msg_key,
        "state": str(record.state),
        **lane_json(record.lane),
        "attempts": record.attempts,
        "code": record.code or None,
        "desc": record.desc or None,
        "submitted_at": utc(record.submitted_ms),
        "history": [
            {
                "at": utc(line.at_ms),
                "event": line.event,
                "code": line.code or None,
                "desc": line.detail or None,
            }
            for line in record.history
        ],
        "send_at": utc(record.send_at_ms),
        "expires_at": utc(record.expires_at_ms),
        "ended_at": utc(record.ended_ms),
        "receiver": masked(record.receiver_last) or None,
        "group": record.lane.own_group,
        "receipt": None if record.receipt is None else receipt_json(record.receipt, zone),
        "fallback": None if record.fallback is None else str(record.fallback),
        "fallback_of": record.fallback_of,
        "fallback_due_at": utc(record.fallback_due_ms),
        **advertising_json(record.lane),
    }


def masked(last: str) -> str:
    """Return a number of which the last digits are known, as people read it; empty where none are."""
    return f"****{last}" if last else ""


def hold_json(hold: Hold) -> dict[str, object]:
    """Return a hold for programs; `account` is `*` where a service is paused for every account."""
    sized = hold.is_size
    return {
        "account": hold.account,
        "scope": str(hold.scope),
        "what": hold.what,
        "reason": str(hold.reason),
        "since": utc(hold.since_ms or None),
        "until": utc(hold.until_ms),
        "step_s": None if sized or not hold.step_ms else hold.step_ms / 1000,
        "by": hold.by,
        "why": hold.why or None,
        "probing": hold.probing,
        "largest_batch": hold.step_ms if sized else None,
    }
