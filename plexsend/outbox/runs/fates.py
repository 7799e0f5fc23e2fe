"""Fates: one byte for each row of a run, what became of it, kept beyond the records of its messages.

A script that takes a record away writes its fate first. While a record is there it knows more, so a fate
counts where neither the row's message nor its fallback has a record.
"""

from __future__ import annotations

from enum import StrEnum

from plexsend.outbox.states import State


class Fate(StrEnum):
    """What became of a row, the best first: of the messages of a chain the better one counts."""

    DELIVERED = "d"
    ACCEPTED = "a"
    UNKNOWN = "k"
    UNDELIVERED = "u"
    REJECTED = "r"
    FAILED = "f"
    EXPIRED = "e"
    CANCELLED = "c"
    SUPPRESSED = "s"
    """Cancelled, since its number must not be written to."""
    INVALID = "i"
    """It was valid when it was checked, and was not any more when it was to be fed."""
    LOST = "w"
    """It was fed, and Redis went back behind that: it may have been sent."""


NO_FATE = b"\0 "
"""The bytes of a row that has no fate: what Redis fills a gap with, and a blank."""

FATE_OF = {
    State.ACCEPTED: Fate.ACCEPTED,
    State.DELIVERED: Fate.DELIVERED,
    State.UNDELIVERED: Fate.UNDELIVERED,
    State.UNKNOWN: Fate.UNKNOWN,
    State.REJECTED: Fate.REJECTED,
    State.FAILED: Fate.FAILED,
    State.EXPIRED: Fate.EXPIRED,
    State.CANCELLED: Fate.CANCELLED,
}
"""State in which a record is taken away → fate of its row; a cancelled one may be SUPPRESSED."""

FATES_BY_WORD = {**{str(state): fate for state, fate in FATE_OF.items()}, "suppressed": Fate.SUPPRESSED}
"""The same for the scripts."""

_RANK = {letter: place for place, letter in enumerate(reversed(Fate))}


def better(one: Fate | None, other: Fate | None) -> Fate | None:
    """Return the fate that counts of a row whose message and fallback have these; None: none."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=_RANK.__getitem__)


def fate_at(fates: bytes, row: int) -> Fate | None:
    """Return the fate of a row among those of its run; None: it has none, or another program wrote there."""
    letter = fates[row : row + 1].decode("ascii", "replace")
    return Fate(letter) if letter in _LETTERS else None


_LETTERS = frozenset(Fate)
