"""Looking something up in the archive: of each message its last line, the newest days first.

A message only rises in rank as time passes, so a line of an earlier day never counts before one of a later.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from plexsend.archive.folder import Folder
from plexsend.archive.lines import LineUnreadable, parse_line
from plexsend.archive.members import Gap, lines_in, members
from plexsend.errors import ArchiveFailed, Problem
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date
    from pathlib import Path

    from plexsend.archive.lines import ArchiveLine
    from plexsend.outbox.states import State

_SLACK = timedelta(days=1)
"""Days of files are those of a zone, which may be anywhere."""
_MOST_MARKS = 8


@dataclass(frozen=True, slots=True)
class ArchiveFilter:
    """What a line must have; None: anything."""

    msg_keys: Collection[str] | None = None
    key_start: str | None = None
    """What the key begins with."""
    receiver: bytes | None = None
    """The keyed hash of the number."""
    account: str | None = None
    service: str | None = None
    lane: str | None = None
    """By its name; that of a route means its groups too."""
    group: str | None = None
    states: Collection[State] | None = None
    code: str | None = None
    """Of the receipt or, where none came, of the answer."""
    since_ms: int | None = None
    """It came into its last state then or later."""

    @property
    def marks(self) -> tuple[bytes, ...]:
        """One of these is in every line that may be wanted; empty: nothing so simple says it."""
        if self.receiver is not None:
            return (self.receiver.hex().encode(),)
        if self.key_start is not None:
            return (f'"msg_key":{json.dumps(self.key_start, ensure_ascii=False)[:-1]}'.encode(),)
        if self.msg_keys is not None and len(self.msg_keys) <= _MOST_MARKS:
            return tuple(json.dumps(key, ensure_ascii=False).encode() for key in self.msg_keys)
        return ()

    def may_have(self, line: ArchiveLine) -> bool:
        """Say whether a line is of a message that may be wanted: what its later lines do not change."""
        lane = line.lane
        return (
            (self.msg_keys is None or line.msg_key in self.msg_keys)
            and (self.key_start is None or line.msg_key.startswith(self.key_start))
            and (self.receiver is None or line.receiver == self.receiver.hex())
            and (self.account is None or lane.account == self.account)
            and (self.service is None or lane.service == self.service)
            and (self.group is None or lane.group == self.group)
            and (self.lane is None or self.lane in (lane.name, lane.route.name))
        )

    def has(self, line: ArchiveLine) -> bool:
        """Say whether the last line of such a message is wanted."""
        return (
            (self.states is None or line.state in self.states)
            and (self.code is None or self.code == (line.receipt_code or line.code))
            and (self.since_ms is None or line.at_ms >= self.since_ms)
        )


class LookUp:
    """One look through an archive, file by file from the newest day; iterate over it once.

    It reads each file twice, and keeps some 100 bytes for each message that the filter's `may_have` lets
    through.

    Args:
        path: The folder; ArchiveFailed is raised where it cannot be read.
        wanted: What is looked for.
    """

    def __init__(self, path: Path, wanted: ArchiveFilter) -> None:
        self.problems: list[Problem] = []
        """What could not be read, after the iteration."""
        self._path = path
        self._wanted = wanted
        self._marks = wanted.marks
        # What is known of a message so far, by a hash of what it is: rank and time of its last line.
        self._last: dict[int, tuple[int, int]] = {}

    def __iter__(self) -> Iterator[ArchiveLine]:
        """Yield the wanted lines. Of a message that was submitted again under its key there are several."""
        with Folder.to_read(self._path) as folder:
            for _, files in groupby(self._days(folder), key=lambda found: found[0]):
                names = [name for _, name in files]
                for name in names:
                    for line in self._lines(folder, name, notes=True):
                        self._learn(line)
                for name in names:
                    yield from filter(self._is_last, self._lines(folder, name))

    def every_line(self) -> Iterator[ArchiveLine]:
        """Yield all lines of the messages that may be wanted, the newest days first, and keep nothing.

        A message has several, and one may come twice; which of them counts is for the caller to find out.
        """
        with Folder.to_read(self._path) as folder:
            for _, name in self._days(folder):
                yield from self._lines(folder, name, notes=True)

    def _days(self, folder: Folder) -> list[tuple[date, str]]:
        since = self._wanted.since_ms
        first = None if since is None else datetime.fromtimestamp(since / 1000, UTC).date() - _SLACK
        return [found for found in reversed(folder.files()) if first is None or found[0] >= first]

    def _learn(self, line: ArchiveLine) -> None:
        message, found = _message(line), (line.rank, line.at_ms)
        if self._last.get(message, (-1, 0)) < found:
            self._last[message] = found

    # A line that is there twice is given once.
    def _is_last(self, line: ArchiveLine) -> bool:
        message, found = _message(line), (line.rank, line.at_ms)
        if not self._wanted.has(line) or self._last[message] != found:
            return False
        # Of a line that was written when its record was gone only the key says which message it is.
        if self._last.get(_unknown_message(line), found) > found:
            return False
        self._last[message] = (line.rank, line.at_ms + 1)
        return True

    def _lines(self, folder: Folder, name: str, *, notes: bool = False) -> Iterator[ArchiveLine]:
        unreadable = newer = 0
        for written in self._written(folder, name, notes=notes):
            # Most of a look for one message or number is reading past all others.
            if self._marks and not any(mark in written for mark in self._marks):
                continue
            try:
                line = parse_line(written)
            except LineUnreadable as exc:
                newer += exc.is_newer
                unreadable += not exc.is_newer
            else:
                if self._wanted.may_have(line):
                    yield line
        if notes and newer:
            reason = f"{counted(newer, 'line is', 'lines are')} of a newer program"
            self._note(folder, name, reason, "Look with that program.")
        if notes and unreadable:
            reason = f"{counted(unreadable, 'line')} cannot be read"
            self._note(folder, name, reason, "Restore the file from a copy.")

    def _written(self, folder: Folder, name: str, *, notes: bool) -> Iterator[bytes]:
        try:
            with folder.opened(name) as fd:
                for each in members(fd, 0, os.fstat(fd).st_size):
                    if isinstance(each, Gap):
                        # Somebody is writing it now, or the next append cuts it off.
                        if notes and not each.is_torn:
                            self._note_damage(folder, name, each.end - each.start)
                        continue
                    try:
                        yield from lines_in(fd, each)
                    except zlib.error:
                        if notes:
                            self._note_damage(folder, name, each.size)
        except ArchiveFailed as exc:
            if notes:
                self._note(folder, name, "it cannot be read", str(exc))

    def _note_damage(self, folder: Folder, name: str, size: int) -> None:
        reason = f"{size:,} bytes are not what was written there"
        self._note(folder, name, reason, "Restore the file from a copy; the rest of it was read.")

    def _note(self, folder: Folder, name: str, reason: str, remedy: str) -> None:
        self.problems.append(Problem(str(folder.path / name), reason, remedy))


# A key may be used again when its record is gone: the time of the submit says which message it was.
def _message(line: ArchiveLine) -> int:
    return hash((line.account, line.msg_key, line.submitted_ms))


def _unknown_message(line: ArchiveLine) -> int:
    return hash((line.account, line.msg_key, None))
