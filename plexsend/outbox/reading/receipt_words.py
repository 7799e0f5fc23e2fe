"""What a receipt said of a message, as people and programs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.terminal.moments import WallClock, utc

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from plexsend.outbox.records import ReceiptNote


def receipt_words(note: ReceiptNote, show: Callable[[int | None], str]) -> str:
    """Return a receipt in one line: code, what it means in both languages, class, carrier and time.

    Args:
        note: What it said.
        show: How its time is shown.
    """
    carrier = f" through {note.carrier}" if note.carrier else ""
    moment = show(note.done_ms)
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
        "done_at": WallClock(zone).iso(note.done_ms) or None,
        "came_at": utc(note.came_ms),
    }
