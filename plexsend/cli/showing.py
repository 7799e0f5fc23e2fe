"""A record as it is printed for people: never a body, never a phone number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading.json_shapes import masked
from plexsend.outbox.reading.receipt_words import receipt_words
from plexsend.outbox.states import State
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from datetime import tzinfo

    from plexsend.outbox.records import Record
    from plexsend.terminal.screen import Screen


HAPPENED = {
    "accept": "accepted",
    "accept_late": "accepted after all",
    "cancel": "cancelled",
    "cancel_wanted": "to be cancelled",
    "deliver": "delivered",
    "fail": "failed",
    "give_back": "given back, goes again",
    "late": "late answer",
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
"""The events of a history in words for people; programs get their names."""


def show_record(screen: Screen, record: Record, zone: tzinfo | None) -> None:
    """Print a record for people; `zone`: that of its account, in which times are shown."""
    clock = WallClock(zone)
    screen.say(f"{record.msg_key}  {record.state}", style="bold")
    facts = (
        ("lane", record.lane.name),
        ("receiver", masked(record.receiver_last)),
        ("submitted", clock.words(record.submitted_ms)),
        ("send at", clock.cell(record.send_at_ms)),
        ("expires", clock.cell(record.expires_at_ms)),
        ("ended", clock.cell(record.ended_ms)),
        ("attempts", str(record.attempts) if record.attempts else ""),
        ("code", record.code),
        ("said", record.desc),
        ("receipt", _receipt(record, clock)),
        ("remedy", record.receipt.meaning.remedy if record.receipt else ""),
    )
    for name, value in facts:
        if value:
            screen.item(f"  {name:<10} ", value)
    for line in record.history:
        words = HAPPENED.get(line.event, line.event)
        screen.item(f"  {clock.cell(line.at_ms)}  ", "  ".join(filter(None, (words, line.code, line.detail))))


def _receipt(record: Record, clock: WallClock) -> str:
    if record.receipt is not None:
        return receipt_words(record.receipt, clock.cell)
    return "none came in time" if record.state is State.UNKNOWN else ""
