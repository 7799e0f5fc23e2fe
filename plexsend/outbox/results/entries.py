"""Entries of an account's stream of results: one for all messages of a call with one lane, state and code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from plexsend.errors import UsageError
from plexsend.outbox.lanes import Lane
from plexsend.outbox.replies import text
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

REBUILT = "r"
"""Stands in front of the id of an entry that a replay rebuilt: its numbers may be those of another entry."""
_LANES_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: these messages went into this state."""

    id: str
    """Its id in the stream, of one that a replay rebuilt with `r` in front."""
    account: str
    state: State
    lane: Lane
    code: str
    """The gateway's, of its answer or of the receipt; empty where none is behind it."""
    msg_keys: tuple[str, ...]
    receipts: tuple[tuple[str, int | None], ...] = ()
    """Carrier and ms of the end for each key; empty where no receipt is behind it."""

    @property
    def at_ms(self) -> int:
        """When it was published, on Redis's clock."""
        return ms_of(self.id)


def ms_of(entry_id: str) -> int:
    """Return the ms in an entry's id; 0 for an empty one."""
    return int(entry_id.removeprefix(REBUILT).partition("-")[0] or 0)


def place_of(entry_id: str) -> tuple[int, int]:
    """Return an id as numbers, in the order of which the stream is."""
    ms, _, sequence = entry_id.removeprefix(REBUILT).partition("-")
    return int(ms), int(sequence)


def parse_entry(account: str, entry_id: str, fields: Sequence[bytes]) -> Entry | None:
    """Return the entry that a stream holds, None where another program wrote it.

    Args:
        account: Whose stream it is.
        entry_id: Its id, with `r` in front where it was rebuilt.
        fields: Names and values in turn: state, lane, code, keys, and what receipts said.
    """
    try:
        _, state, _, lane, _, code, _, keys, _, more = fields[:10]
        if not keys:
            return None
        msg_keys = tuple(keys.decode().split(" "))
        receipts = _fitting([_receipt(each) for each in more.split(b" ")], msg_keys) if more else ()
        return Entry(entry_id, account, _state(state), _lane(lane), code.decode(), msg_keys, receipts)
    except (ValueError, UsageError):
        return None


@lru_cache(maxsize=64)
def _state(name: bytes) -> State:
    return State(name.decode())


@lru_cache(maxsize=_LANES_KEPT)
def _lane(name: bytes) -> Lane:
    return Lane.parse(name.decode())


def _receipt(said: bytes) -> tuple[str, int | None]:
    carrier, _, done = said.partition(b"|")
    return text(carrier), int(done) if done else None


def _fitting(receipts: list[Any], msg_keys: tuple[str, ...]) -> tuple[Any, ...]:
    if len(receipts) != len(msg_keys):
        raise ValueError(receipts)
    return tuple(receipts)
