"""What a receipt said of a message, as people and programs read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from datetime import tzinfo

    from plexsend.outbox.records import ReceiptNote


def receipt_words(note: ReceiptNote, zone: tzinfo | None) -> str:
    """Return a receipt in one line: code, what it means in both languages, class, carrier and time.

    Args:
        note: What it said.
        zone: Where its time is shown; None: this machine does not know the account's zone, so UTC.
    """
    carrier = f" through {note.carrier}" if note.carrier else ""
    moment = at_in(note.done_ms, zone)
    return f"{meaning_words(note)}, {note.meaning.kind}{carrier}" + (f" at {moment}" if moment else "")


def meaning_words(note: ReceiptNote) -> str:
    """Return code and meaning, with the Korean words behind the English."""
    korean = f" ({note.meaning.korean})" if note.meaning.korean else ""
    return f"{note.code}: {note.meaning.words}{korean}"


def receipt_json(note: ReceiptNote, zone: tzinfo | None) -> dict[str, object]:
    """Return a receipt for programs. `done_at` has the offset of the zone, `came_at` is UTC."""
    return {
        "code": note.code,
        "class": str(note.meaning.kind),
        "words": note.meaning.words,
        "korean": note.meaning.korean or None,
        "remedy": note.meaning.remedy or None,
        "carrier": note.carrier or None,
        "done_at": at_in(note.done_ms, zone, "T", "milliseconds") or None,
        "came_at": utc(note.came_ms),
    }


def at_in(at_ms: int | None, zone: tzinfo | None, sep: str = " ", timespec: str = "seconds") -> str:
    """Return a time (ms since 1970) in a zone, with its offset; nothing where there is none."""
    try:
        moment = None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        # What another program wrote, or a carrier made up, may not be a time at all.
        return ""
    return "" if moment is None else moment.astimezone(zone or UTC).isoformat(sep=sep, timespec=timespec)
