"""Offers: entries that a process has read behind a reader's cursor, and asks the script to give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.constants import LONGEST_EDGE
from plexsend.outbox.replies import text
from plexsend.outbox.results.entries import place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.results.entries import RawEntry

_KEY_BYTES = 40_000
"""A span ends behind the entry with which its keys are as many bytes: about a thousand messages."""
_PLACE_OF_KEYS = 7
"""Among an entry's fields, which are always in the same order."""
UNKNOWN = b"*"
"""In place of an edge: keys that are more than are remembered."""


def cut(ahead: Sequence[RawEntry], most: int) -> list[RawEntry]:
    """Return the first entries, at most so many, fewer where they have very many keys."""
    page = list(ahead[:most])
    size = 0
    for at, (_, fields) in enumerate(page, 1):
        try:
            size += len(fields[_PLACE_OF_KEYS])
        except IndexError:
            # Another program wrote it.
            continue
        if size >= _KEY_BYTES:
            return page[:at]
    return page


def edge_of(offered: Sequence[RawEntry]) -> bytes:
    """Return the keys of the entries that share the ms of the last one: others may come that share it too.

    Of these the keys say which were given. More than are remembered are not sent: in a burst a hundred
    entries of ten messages share a ms, which would be 37 kB a call.
    """
    ms = offered[-1][0].partition(b"-")[0] + b"-"
    sharing: list[bytes] = []
    size = 0
    for entry_id, fields in reversed(offered):
        if not entry_id.startswith(ms):
            break
        keys = fields[_PLACE_OF_KEYS] if len(fields) > _PLACE_OF_KEYS else b""
        size += len(keys) + 1
        if size > LONGEST_EDGE:
            return UNKNOWN
        sharing.append(keys)
    return b" ".join(sharing)


def behind(cursor: str, entries: Sequence[RawEntry]) -> list[RawEntry]:
    """Return the entries that come behind a cursor."""
    at = place_of(cursor)
    return [each for each in entries if place_of(text(each[0])) > at]


def behind_known(known: str, entries: Sequence[RawEntry]) -> tuple[list[RawEntry], bool]:
    """Return entries less the one that was asked for as their first, and whether it was there."""
    is_there = bool(entries) and entries[0][0] == known.encode()
    return list(entries[is_there:]), is_there
