"""What an archive knows of a message, as people and programs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.archive.looking import ArchiveFilter, LookUp
from plexsend.cli.finding import zone_of
from plexsend.gateway.receipt_codes import family_of, receipt_code
from plexsend.outbox.reading.receipt_words import receipt_json, receipt_words
from plexsend.outbox.records import ReceiptNote
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.archive.lines import ArchiveLine
    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen


def show_archived(screen: Screen, store: Store, folder: Path, key: str, account: str | None) -> bool:
    """Print the messages that had this key, the last to end first; return whether there is one."""
    look = LookUp(folder, ArchiveFilter(msg_keys={key}, account=account))
    lines = list(look)
    for problem in look.problems:
        screen.warn(problem)
    for line in lines:
        _show(screen, store, line)
    return bool(lines)


def _show(screen: Screen, store: Store, line: ArchiveLine) -> None:
    zone, note = zone_of(store, line.account), _receipt(line)
    clock = WallClock(zone)
    facts = {name: value for name, value in line.as_json().items() if name != "v"}
    receipt = None if note is None else receipt_json(note, zone)
    screen.facts({**facts, "receipt": receipt, "archived": True})
    screen.say(f"{line.msg_key}  {line.state}  (from the archive)", style="bold")
    for name, value in (
        ("lane", line.lane.name),
        ("submitted", clock.words(line.submitted_ms)),
        ("ended", clock.cell(line.ended_ms)),
        ("code", line.code),
        ("receipt", "" if note is None else receipt_words(note, clock.cell)),
        ("remedy", "" if note is None else note.meaning.remedy),
    ):
        if value:
            screen.item(f"  {name:<10} ", value)


def _receipt(line: ArchiveLine) -> ReceiptNote | None:
    if not line.receipt_code:
        return None
    meaning = receipt_code(family_of(line.lane.service), line.receipt_code)
    return ReceiptNote(meaning, line.carrier, line.done_ms, line.at_ms)
