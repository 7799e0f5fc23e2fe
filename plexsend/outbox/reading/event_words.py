"""The events of a message's history, as people read them."""

from __future__ import annotations

EVENT_WORDS = {
    "accept": "accepted",
    "accept_late": "accepted after all",
    "cancel": "cancelled",
    "cancel_wanted": "to be cancelled",
    "deliver": "delivered",
    "fail": "failed",
    "fallback": "fallback",
    "give_back": "given back, goes again",
    "late": "late answer",
    "no_fallback": "no fallback",
    "no_receipt": "no receipt came in time",
    "park": "uncertain",
    "postpone": "waits, then goes again",
    "receipt": "a receipt, only noted",
    "receipt_unknown": "the receipt says that nobody knows",
    "reject": "rejected",
    "requeue": "asked for again",
    "reschedule": "given another time",
    "settle_accepted": "settled as accepted",
    "settle_failed": "settled as failed",
    "settle_resend": "settled: send again",
    "undeliver": "not delivered",
}
"""Event → words; programs get its name."""


def event_words(event: str) -> str:
    """Return what happened; an event of a newer program as it is called there."""
    return EVENT_WORDS.get(event, event)
