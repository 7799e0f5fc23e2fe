"""Which lines members have, by a hash of each: what may be written again is compared with them."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.archive.lines import LineUnreadable, identity_of
from plexsend.archive.members import Member, lines_in

if TYPE_CHECKING:
    from collections.abc import Collection

    Place = tuple[int, int, int]

_MOST_LINES = 1_000_000
"""About 80 MB. A replay of a whole day compares every page of it with most of that day."""


class KnownLines:
    """Hashes of the lines of members that were unpacked, those that were asked for last.

    Args:
        most_lines: How many are remembered.
    """

    def __init__(self, most_lines: int = _MOST_LINES) -> None:
        self._most_lines = most_lines
        self._lines = 0
        self._of: OrderedDict[Place, frozenset[int]] = OrderedDict()

    def of(self, fd: int, file: tuple[int, int], member: Member) -> Collection[int]:
        """Return the hashes of a member's lines; `file`: device and number of the file that it is in."""
        place = (*file, member.start)
        if place in self._of:
            self._of.move_to_end(place)
            return self._of[place]
        found = frozenset(_hashes(fd, member))
        self._of[place] = found
        self._lines += len(found)
        while self._lines > self._most_lines and len(self._of) > 1:
            _, gone = self._of.popitem(last=False)
            self._lines -= len(gone)
        return found


def _hashes(fd: int, member: Member) -> set[int]:
    found = set()
    # What cannot be read is not there.
    with suppress(zlib.error):
        for written in lines_in(fd, member):
            with suppress(LineUnreadable):
                found.add(identity_of(written))
    return found
