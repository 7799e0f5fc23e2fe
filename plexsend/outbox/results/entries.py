"""Entries of an account's stream of results: one for all messages of a call with one lane, state and code."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from plexsend.errors import UsageError
from plexsend.outbox.lanes import Lane
from plexsend.outbox.replies import text
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    RawEntry = tuple[bytes, Sequence[bytes]]
    _Head = tuple[State, Lane, str]

REBUILT = "r"
"""Stands in front of the id of an entry that a replay rebuilt: its numbers may be those of another entry."""
_HEADS_KEPT = 4_096


class Entry(NamedTuple):
    """One entry: these messages went into this state. A tuple is made in a third of a dataclass's time."""

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


def parse_entries(
    account: str, raw: Iterable[RawEntry], mark: str = ""
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Return the entries that a stream holds, and the ids of those that another program wrote.

    Args:
        account: Whose stream it is.
        raw: Entries as Redis returns them: fields in turn with their values, always in the same order.
        mark: What is put in front of each id.
    """
    entries: list[Entry] = []
    unreadable: list[str] = []
    # A loop over results spends much of its time here: what is looked up is looked up once a page.
    new, add = tuple.__new__, entries.append
    heads: dict[tuple[bytes, bytes, bytes], _Head] = {}
    for raw_id, fields in raw:
        entry_id = mark + raw_id.decode()
        try:
            _, raw_state, _, raw_lane, _, raw_code, _, raw_keys, _, more = fields
            try:
                state, lane, code = heads[raw_state, raw_lane, raw_code]
            except KeyError:
                found = heads[raw_state, raw_lane, raw_code] = _head(raw_state, raw_lane, raw_code)
                state, lane, code = found
            msg_keys = tuple(raw_keys.decode().split(" "))
            receipts = _read_receipts(more, msg_keys) if more else ()
        except (ValueError, UsageError):
            unreadable.append(entry_id)
            continue
        if raw_keys:
            add(new(Entry, (entry_id, account, state, lane, code, msg_keys, receipts)))
        else:
            unreadable.append(entry_id)
    return tuple(entries), tuple(unreadable)


@lru_cache(maxsize=_HEADS_KEPT)
def _head(state: bytes, lane: bytes, code: bytes) -> tuple[State, Lane, str]:
    return State(state.decode()), Lane.parse(lane.decode()), code.decode()


def _receipt(said: bytes) -> tuple[str, int | None]:
    carrier, _, done = said.partition(b"|")
    return text(carrier), int(done) if done else None


def _read_receipts(more: bytes, msg_keys: tuple[str, ...]) -> tuple[tuple[str, int | None], ...]:
    receipts = tuple(_receipt(each) for each in more.split(b" "))
    if len(receipts) != len(msg_keys):
        raise ValueError(more)
    return receipts
