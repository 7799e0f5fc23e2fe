"""The states of a message and the one table of what leads from each to which.

The scripts in Redis get this table as data (`redis/prelude.py` writes it in front of them), so no script can
move a message along a way that is not in it.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The states of a message."""

    SCHEDULED = "scheduled"
    """In `later`: due at a time that was asked for, or after a backoff."""
    WAITING = "waiting"
    """In `ready`: goes as soon as the lane may send."""
    SENDING = "sending"
    """In `sending`: a drain has it."""
    UNCERTAIN = "uncertain"
    """Parked: may have been sent; a person settles it, or a late answer that accepts it."""
    ACCEPTED = "accepted"
    """The gateway took it; its receipt may follow."""
    DELIVERED = "delivered"
    """By receipt: it reached the handset."""
    UNDELIVERED = "undelivered"
    """By receipt: it did not."""
    UNKNOWN = "unknown"
    """A receipt said that nobody knows, or none came in time."""
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


LIVING = (State.SCHEDULED, State.WAITING, State.SENDING, State.UNCERTAIN)
FINAL = tuple(state for state in State if state not in LIVING)
DEAD = (State.REJECTED, State.FAILED)
BY_RECEIPT = (State.DELIVERED, State.UNDELIVERED, State.UNKNOWN)
"""What a receipt, or its absence, makes of a message that the gateway took."""
SENT = (State.ACCEPTED, *BY_RECEIPT)
"""The gateway took it, whatever became of it then."""

SET_OF = {
    State.SCHEDULED: "later",
    State.WAITING: "ready",
    State.SENDING: "sending",
    State.UNCERTAIN: "uncertain",
    State.REJECTED: "dead",
    State.FAILED: "dead",
}
"""The sorted set of its lane that a message of this state is in; messages of other states are in none."""


class Event(StrEnum):
    """What happens to a message."""

    SUBMIT_NOW = "submit_now"
    SUBMIT_LATER = "submit_later"
    DUE = "due"
    TAKE = "take"
    ACCEPT = "accept"
    ACCEPT_LATE = "accept_late"
    REJECT = "reject"
    FAIL = "fail"
    GIVE_BACK = "give_back"
    POSTPONE = "postpone"
    PARK = "park"
    EXPIRE = "expire"
    CANCEL = "cancel"
    REQUEUE = "requeue"
    SETTLE_ACCEPTED = "settle_accepted"
    SETTLE_RESEND = "settle_resend"
    SETTLE_FAILED = "settle_failed"
    DELIVER = "deliver"
    UNDELIVER = "undeliver"
    RECEIPT_UNKNOWN = "receipt_unknown"
    NO_RECEIPT = "no_receipt"
    DROP = "drop"
    ARCHIVE = "archive"


_S = State
NOWHERE = None
"""Before the submit, and after a record is dropped or archived."""

TRANSITIONS: tuple[tuple[Event, tuple[State | None, ...], State | None], ...] = (
    (Event.SUBMIT_NOW, (NOWHERE,), _S.WAITING),
    (Event.SUBMIT_LATER, (NOWHERE,), _S.SCHEDULED),
    (Event.DUE, (_S.SCHEDULED,), _S.WAITING),
    (Event.TAKE, (_S.WAITING,), _S.SENDING),
    (Event.ACCEPT, (_S.SENDING,), _S.ACCEPTED),
    (Event.ACCEPT_LATE, (_S.WAITING, _S.SCHEDULED, _S.UNCERTAIN), _S.ACCEPTED),
    (Event.REJECT, (_S.SENDING,), _S.REJECTED),
    # From waiting only where the body is gone: there is nothing left to send.
    (Event.FAIL, (_S.SENDING, _S.WAITING), _S.FAILED),
    (Event.GIVE_BACK, (_S.SENDING,), _S.WAITING),
    (Event.POSTPONE, (_S.SENDING, _S.WAITING, _S.SCHEDULED), _S.SCHEDULED),
    (Event.PARK, (_S.SENDING, _S.WAITING, _S.SCHEDULED), _S.UNCERTAIN),
    # One that is scheduled expires when it becomes due, so it passes through waiting.
    (Event.EXPIRE, (_S.WAITING,), _S.EXPIRED),
    (Event.CANCEL, (_S.WAITING, _S.SCHEDULED, _S.SENDING), _S.CANCELLED),
    (Event.REQUEUE, (_S.REJECTED, _S.FAILED), _S.WAITING),
    (Event.SETTLE_ACCEPTED, (_S.UNCERTAIN,), _S.ACCEPTED),
    (Event.SETTLE_RESEND, (_S.UNCERTAIN,), _S.WAITING),
    (Event.SETTLE_FAILED, (_S.UNCERTAIN,), _S.FAILED),
    # A receipt only raises: unknown, undelivered, delivered. What was delivered was sent, whatever was
    # believed of it.
    (Event.DELIVER, tuple(state for state in State if state is not _S.DELIVERED), _S.DELIVERED),
    (
        Event.UNDELIVER,
        (
            _S.SCHEDULED,
            _S.WAITING,
            _S.SENDING,
            _S.UNCERTAIN,
            _S.ACCEPTED,
            _S.UNKNOWN,
            # Where the gateway knew the key: an earlier request had sent it.
            _S.REJECTED,
        ),
        _S.UNDELIVERED,
    ),
    (
        Event.RECEIPT_UNKNOWN,
        (_S.SCHEDULED, _S.WAITING, _S.SENDING, _S.UNCERTAIN, _S.ACCEPTED),
        _S.UNKNOWN,
    ),
    (Event.NO_RECEIPT, (_S.ACCEPTED,), _S.UNKNOWN),
    (Event.DROP, (_S.REJECTED, _S.FAILED), NOWHERE),
    (Event.ARCHIVE, FINAL, NOWHERE),
)
"""Event, the states it can happen in, the state it leads to."""


class ResultOutcome(StrEnum):
    """What a state means for who asked for the message to be sent."""

    SUCCESS = "success"
    FAILURE = "failure"
    PENDING = "pending"
    """It is not decided yet."""
    NONE = "none"
    """Neither: it was taken back, or nobody knows."""


OUTCOME_OF = {
    _S.SCHEDULED: ResultOutcome.PENDING,
    _S.WAITING: ResultOutcome.PENDING,
    _S.SENDING: ResultOutcome.PENDING,
    _S.UNCERTAIN: ResultOutcome.PENDING,
    _S.ACCEPTED: ResultOutcome.PENDING,
    _S.DELIVERED: ResultOutcome.SUCCESS,
    _S.UNDELIVERED: ResultOutcome.FAILURE,
    _S.UNKNOWN: ResultOutcome.NONE,
    _S.REJECTED: ResultOutcome.FAILURE,
    _S.FAILED: ResultOutcome.FAILURE,
    _S.EXPIRED: ResultOutcome.FAILURE,
    _S.CANCELLED: ResultOutcome.NONE,
}
"""What every state means: results, statistics and metrics go by this table."""

RANK_OF = {
    _S.SCHEDULED: 0,
    _S.WAITING: 0,
    _S.SENDING: 0,
    _S.UNCERTAIN: 1,
    _S.REJECTED: 2,
    _S.FAILED: 2,
    _S.EXPIRED: 2,
    _S.CANCELLED: 2,
    _S.ACCEPTED: 3,
    _S.UNKNOWN: 4,
    _S.UNDELIVERED: 5,
    _S.DELIVERED: 6,
}
"""How late in its life a message has a state. Of two results of a message the one of the higher rank counts,
whichever was heard first. A person can send a rejected or failed message again: it goes on from there."""
