"""The reader of results that writes the archive: each span is ended only when its lines are on the disk."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from plexsend.archive.day_file import DayFile
from plexsend.archive.folder import name_of
from plexsend.archive.known_lines import KnownLines
from plexsend.archive.lines import ArchiveLine
from plexsend.archive.members import Label
from plexsend.archive.particulars import GONE, Particulars, read_particulars
from plexsend.errors import OutboxError
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.redis.reads import ask
from plexsend.outbox.replies import text
from plexsend.outbox.results.entries import REBUILT
from plexsend.outbox.results.readers import Reader
from plexsend.outbox.states import FINAL

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from datetime import tzinfo

    from plexsend.archive.folder import Folder
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.results.entries import Entry
    from plexsend.outbox.results.spans import Missed, Span

LEASE_MS = 15_000
"""A span is written in far less. What a process had that was killed is written by another after that."""
_MOST_ENTRIES = 1_000
_ZONE = ROWS["time_zone"]
_FILES_KEPT = 8
"""Days whose files a process remembers the heads of."""


@dataclass(slots=True)
class Written:
    """What was written of a span."""

    account: str
    entries: int = 0
    lines: int = 0
    repeated: int = 0
    """Lines that were there already."""
    files: set[str] = field(default_factory=set)
    unreadable: int = 0
    """Entries that another program had put into the stream."""
    missed: Missed | None = None
    """What the reader never got, found at this span."""
    last_ms: int = 0
    """When its last entry was published; 0: it has none."""


class AccountArchiver:
    """Writes what one account's messages became. For one thread.

    Args:
        store: Where the results are.
        account: Whose.
        folder: Where the files are.
        reader: The reader's name.
        process: A name of this process that no other has.
    """

    def __init__(self, store: Store, account: str, folder: Folder, *, reader: str, process: str) -> None:
        self.account = account
        self.reader = Reader(store, account, reader, process, from_start=True, lease_ms=LEASE_MS)
        self._store = store
        self._folder = folder
        self._files: dict[date, DayFile] = {}
        self._known = KnownLines()

    def spans(self) -> Generator[Written, None, None]:
        """Write span by span while there is one, and yield what was written of each.

        A span counts as heard once the next one is asked for, or this is closed: then it is on the disk.
        Raises ArchiveFailed where that fails: another process, or the next time, gets the span again.
        """
        zone, done = self._zone(), ""
        try:
            while (span := self.reader.read(_MOST_ENTRIES, done)) is not None:
                done = ""
                written = self._write(span, zone)
                done = span.first
                yield written
            done = ""
        finally:
            if done:
                self.reader.done(done)

    def _zone(self) -> tzinfo:
        key = self._store.keys.in_force(self.account)
        name = text(ask(self._store, lambda pipe: pipe.hget(key, _ZONE.name)))
        return find_zone(name or _ZONE.default) or UTC

    def _write(self, span: Span, zone: tzinfo) -> Written:
        written = Written(self.account, missed=span.missed, unreadable=len(span.unreadable))
        try:
            for day, entries in self._lines(span, zone).items():
                lines = [line for _, of_entry in entries for line in of_entry]
                count = self._file(day).append(self._label(entries), lines)
                written.lines += count
                written.repeated += len(lines) - count
                written.files.add(name_of(day))
        except BaseException:
            # Nobody has to wait for the lease to lapse.
            with suppress(OutboxError):
                self.reader.give_back(span.first, span.first)
            raise
        written.entries = len(span.entries)
        written.last_ms = span.entries[-1].at_ms if span.entries else 0
        return written

    def _lines(self, span: Span, zone: tzinfo) -> dict[date, list[tuple[Entry, list[ArchiveLine]]]]:
        ended = [entry for entry in span.entries if entry.state in FINAL]
        keys = [key for entry in ended for key in entry.msg_keys]
        known = read_particulars(self._store, self.account, keys)
        days: dict[date, list[tuple[Entry, list[ArchiveLine]]]] = defaultdict(list)
        for entry in ended:
            by_day: dict[date, list[ArchiveLine]] = defaultdict(list)
            for line in lines_of(entry, [known[key] for key in entry.msg_keys]):
                by_day[datetime.fromtimestamp(line.at_ms / 1000, zone).date()].append(line)
            for day, lines in by_day.items():
                days[day].append((entry, lines))
        return days

    # What a replay rebuilt has the ids of when it was rebuilt; the lines have the times of what it is about.
    def _label(self, entries: Sequence[tuple[Entry, list[ArchiveLine]]]) -> Label:
        first, last = entries[0][0].id, entries[-1][0].id
        if first.startswith(REBUILT):
            times = [line.at_ms for _, lines in entries for line in lines]
            first, last = f"{REBUILT}{min(times)}-0", f"{REBUILT}{max(times)}-0"
        return Label(self.account, first, last)

    def _file(self, day: date) -> DayFile:
        if day not in self._files and len(self._files) >= _FILES_KEPT:
            del self._files[min(self._files)]
        return self._files.setdefault(day, DayFile(self._folder, day, self._known))


def lines_of(entry: Entry, known: Sequence[Particulars]) -> Iterator[ArchiveLine]:
    """Yield the lines of an entry; `known`: what the records of its messages say, in their order."""
    is_rebuilt = entry.id.startswith(REBUILT)
    receipts = entry.receipts or (None,) * len(entry.msg_keys)
    for key, receipt, record in zip(entry.msg_keys, receipts, known, strict=True):
        is_now = record is not GONE and record.state == entry.state
        yield ArchiveLine(
            msg_key=key,
            lane=entry.lane,
            state=entry.state,
            at_ms=(record.since_ms if is_rebuilt and is_now else None) or entry.at_ms,
            code=record.code if receipt else entry.code,
            receipt_code=entry.code if receipt else "",
            carrier=receipt[0] if receipt else "",
            done_ms=receipt[1] if receipt else None,
            submitted_ms=record.submitted_ms,
            ended_ms=record.ended_ms,
            receiver=record.receiver,
        )
