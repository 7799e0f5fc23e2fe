"""A record as it is printed for people: never a body, never a phone number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.codes import code_words
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.reading.event_words import event_words
from plexsend.outbox.reading.json_shapes import masked
from plexsend.outbox.reading.receipt_words import receipt_words
from plexsend.outbox.states import SENT, State
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from datetime import tzinfo

    from plexsend.outbox.records import Record
    from plexsend.terminal.screen import Screen


_ADVERTISING = {
    Advertising.NO: "",
    Advertising.QUIET: "an advertisement, which waits in the quiet hours",
    Advertising.CONSENTED: "an advertisement, to a receiver who agreed to get them at night",
}


def show_record(screen: Screen, record: Record, zone: tzinfo | None) -> None:
    """Print a record for people; `zone`: that of its account, in which times are shown."""
    clock = WallClock(zone)
    words = code_words(record.code)
    means = "" if record.state in SENT or record.desc.startswith(words) else words
    screen.say(f"{record.msg_key}  {record.state}", style="bold")
    facts = (
        ("lane", record.lane.name),
        ("advert", _ADVERTISING[record.lane.advertising]),
        ("receiver", masked(record.receiver_last)),
        ("submitted", clock.words(record.submitted_ms)),
        ("send at", clock.cell(record.send_at_ms)),
        ("expires", clock.cell(record.expires_at_ms)),
        ("ended", clock.cell(record.ended_ms)),
        ("attempts", str(record.attempts) if record.attempts else ""),
        ("code", record.code),
        ("means", means),
        ("said", record.desc),
        ("receipt", _receipt(record, clock)),
        ("fallback", _fallback(record, clock)),
        ("remedy", record.receipt.meaning.remedy if record.receipt else ""),
    )
    for name, value in facts:
        if value:
            screen.item(f"  {name:<10} ", value)
    for line in record.history:
        words = event_words(line.event)
        screen.item(f"  {clock.cell(line.at_ms)}  ", "  ".join(filter(None, (words, line.code, line.detail))))


def _receipt(record: Record, clock: WallClock) -> str:
    if record.receipt is not None:
        return receipt_words(record.receipt, clock.cell)
    return "none came in time" if record.state is State.UNKNOWN else ""


def _fallback(record: Record, clock: WallClock) -> str:
    if record.fallback_of is not None:
        return f"of {record.fallback_of}"
    due = clock.cell(record.fallback_due_ms)
    kept = f"; goes at {due} where no receipt has come by then" if due else ""
    return "" if record.fallback is None else f"{record.fallback}{kept}"
