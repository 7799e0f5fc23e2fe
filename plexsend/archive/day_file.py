"""One day's file while it is written to: each line once, each append whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.archive.folder import name_of
from plexsend.archive.known_lines import KnownLines
from plexsend.archive.members import Gap, Label, Member, is_whole, members, pack
from plexsend.errors import ArchiveFailed, Problem
from plexsend.outbox.results.entries import REBUILT, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from plexsend.archive.folder import Folder
    from plexsend.archive.lines import ArchiveLine

    Place = tuple[int, int]

_LAST_OF_MS = 1 << 63
_FIRST: Place = (0, 0)
_LAST: Place = (1 << 63, 0)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DayFile:
    """For one process. What others appended meanwhile is looked at before each append.

    Args:
        folder: Where it is.
        day: Whose lines it holds.
        known: The lines that were looked at, of this file and others.
    """

    def __init__(self, folder: Folder, day: date, known: KnownLines | None = None) -> None:
        self._folder = folder
        self._known = known or KnownLines()
        self._name = name_of(day)
        self._forget()

    def append(self, label: Label, lines: Sequence[ArchiveLine]) -> int:
        """Append those of the lines that are not there, and return how many; then they are on the disk.

        Raises ArchiveFailed where they cannot be written: the file is as it was then.
        """
        with self._folder.locked():
            return self._append(label, lines)

    def _append(self, label: Label, lines: Sequence[ArchiveLine]) -> int:
        with self._folder.opened(self._name, writes=True) as fd:
            is_sound = self._look(fd)
            if is_sound:
                fresh = self._missing(fd, label, lines)
                if fresh:
                    self._write(fd, label, fresh)
                return len(fresh)
        new = self._folder.set_aside(self._name)
        self._folder.notices.append(
            Problem(
                str(self._folder.path / new),
                "parts of it are not what was written, so it was put aside; what is whole in it is read",
                "Look after the disk, and restore it from a copy under this name if there is one.",
            )
        )
        return self._append(label, lines)

    def _forget(self) -> None:
        self._which: tuple[int, int] | None = None
        self._looked_to = 0
        self._members: list[tuple[Label | None, Place, Place, Member]] = []
        self._has_of_others = False
        self._newest: dict[str, Place] = {}

    def _look(self, fd: int) -> bool:
        """Look at what came since the last time, and cut off what was not written whole.

        Returns False where the file holds what no append of ours leaves behind.
        """
        found = os.fstat(fd)
        if (found.st_dev, found.st_ino) != self._which or found.st_size < self._looked_to:
            self._forget()
            self._which = found.st_dev, found.st_ino
        last: Member | None = None
        for each in members(fd, self._looked_to, found.st_size):
            if isinstance(each, Gap):
                if not each.is_torn:
                    return False
                self._cut(fd, each)
                break
            last = each
            self._note(each)
        return last is None or is_whole(fd, last)

    def _cut(self, fd: int, gap: Gap) -> None:
        os.ftruncate(fd, gap.start)
        os.fsync(fd)
        self._folder.notices.append(
            Problem(
                str(self._folder.path / self._name),
                f"{gap.end - gap.start:,} bytes at its end were not written whole, and were cut off",
                "Nothing is lost: what was in them is written again.",
            )
        )

    def _note(self, member: Member) -> None:
        self._looked_to = member.end
        if member.label is None:
            self._has_of_others = True
            self._members.append((None, _FIRST, _LAST, member))
            return
        first, last = _range(member.label)
        self._members.append((member.label, first, last, member))
        self._newest[member.label.account] = max(last, self._newest.get(member.label.account, last))

    # A span that another process had, and did not end in time, is written by both.
    def _missing(self, fd: int, label: Label, lines: Sequence[ArchiveLine]) -> Sequence[ArchiveLine]:
        first, last = _range(label)
        if first > self._newest.get(label.account, _FIRST) and not self._has_of_others:
            return lines
        assert self._which is not None  # noqa: S101  it was looked at
        wanted = {line.identity: line for line in lines}
        for noted, begins, ends, member in self._members:
            if (noted is None or noted.account == label.account) and first <= ends and begins <= last:
                for identity in wanted.keys() & self._known.of(fd, self._which, member):
                    del wanted[identity]
        return list(wanted.values())

    def _write(self, fd: int, label: Label, lines: Sequence[ArchiveLine]) -> None:
        start = self._looked_to
        packed = pack(label, [line.written() for line in lines])
        try:
            _write_all(fd, packed, start)
            os.fsync(fd)
            if start == 0:
                self._folder.sync()
        except BaseException as exc:
            with suppress(OSError):
                os.ftruncate(fd, start)
            if isinstance(exc, OSError):
                raise _not_written(self._folder, self._name, exc) from exc
            raise
        self._note(Member(start, len(packed), label))


def _range(label: Label) -> tuple[Place, Place]:
    first, last = place_of(label.first), place_of(label.last)
    # What a replay rebuilt has the times of the lines that were written before, and other ids.
    return ((first[0], 0), (last[0], _LAST_OF_MS)) if label.first.startswith(REBUILT) else (first, last)


def _write_all(fd: int, content: bytes, start: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(fd, memoryview(content)[written:], start + written)


def _not_written(folder: Folder, name: str, exc: OSError) -> ArchiveFailed:
    remedy = "Make room there" if exc.errno in _FULL else "Look after the disk"
    return ArchiveFailed(
        f"{folder.path / name} cannot be written: {exc.strerror or type(exc).__name__}. {remedy}, and run it "
        "again: nothing is lost, and it goes on where it was."
    )
