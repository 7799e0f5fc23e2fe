"""Results of the outbox in memory, and their readers: they give spans out as those in Redis do."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.results.entries import Entry
from plexsend.outbox.results.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.states import State


class MemoryStreams:
    """What became of messages, an entry each, by account. Everything is kept, and no span lapses."""

    ends = True
    """Nothing comes while a test's loop waits, so it ends with what is there."""

    def __init__(self, accounts: Iterable[str] = ()) -> None:
        self._entries: dict[str, list[Entry]] = {account: [] for account in accounts}
        self._positions: dict[tuple[str, str], _Position] = defaultdict(_Position)
        self.lock = threading.Lock()
        """Held while a reader changes its position."""
        self.is_away = False
        """Whether a test lets Redis be away: then nothing is given."""

    def add(
        self,
        lane: Lane,
        msg_key: str,
        state: State,
        *,
        code: str,
        now_ms: int,
        receipt: tuple[str, int | None] | None,
    ) -> None:
        """Publish that a message came into a state; `receipt`: carrier and ms, where one says so."""
        with self.lock:
            entries = self._entries.setdefault(lane.account, [])
            receipts = () if receipt is None else (receipt,)
            # Later than the one before it, as in Redis, where a test's clock stands or is set back too.
            last = int(entries[-1].id.partition("-")[0]) if entries else 0
            entry_id = f"{max(now_ms, last)}-{len(entries)}"
            entries.append(Entry(entry_id, lane.account, state, lane, code, (msg_key,), receipts))

    def accounts(self) -> list[str]:
        """Return the accounts that have results."""
        with self.lock:
            return sorted(self._entries)

    def began_ms(self, name: str) -> int | None:
        """Return 0 where a reader of this name has begun: it did so at the start; None: there is none."""
        with self.lock:
            return 0 if any(known == name for _, known in self._positions) else None

    def reader(
        self, account: str, name: str, process: str, *, from_start: bool, since_ms: int, lease_ms: int
    ) -> MemoryReader:
        """Return a reader. It begins at the start: a test's loop is about what the test did before."""
        del process, from_start, since_ms, lease_ms
        with self.lock:
            entries = self._entries.setdefault(account, [])
            return MemoryReader(account, entries, self._positions[account, name], self)

    def wait(self, readers: Sequence[object], timeout_s: float, stop: object) -> None:
        """Return at once: nothing comes by itself."""


@dataclass(slots=True)
class _Position:
    """How far a reader is: places in the list of entries."""

    next: int = 0
    given_back: list[int] = field(default_factory=list)
    open: dict[str, list[int]] = field(default_factory=dict)
    """First id of a span that is given out → its places."""


class MemoryReader:
    """A reader of one account.

    Args:
        account: Whose results it reads.
        entries: All of them, the oldest first.
        position: How far the reader of this name is; shared by all that use it.
        streams: What they belong to.
    """

    def __init__(
        self, account: str, entries: list[Entry], position: _Position, streams: MemoryStreams
    ) -> None:
        self.account = account
        self._entries = entries
        self._position = position
        self._streams = streams

    def read(self, most: int = 100, done: str = "") -> Span | None:
        """End the span that begins with `done`, and return the next one; None where there is none."""
        with self._streams.lock:
            position = self._position
            position.open.pop(done, None)
            if self._streams.is_away:
                return None
            places = position.given_back[:most]
            if places:
                position.given_back = position.given_back[most:]
            else:
                places = list(range(position.next, min(position.next + most, len(self._entries))))
                position.next += len(places)
            if not places:
                return None
            entries = tuple(self._entries[place] for place in places)
            position.open[entries[0].id] = places
            return Span(entries[0].id, entries[-1].id, entries)

    def done(self, first: str) -> None:
        """End the span that begins with this id."""
        with self._streams.lock:
            self._position.open.pop(first, None)

    def give_back(self, first: str, next_id: str) -> None:
        """End a span; what it has from `next_id` on is given again, before what was never given."""
        with self._streams.lock:
            position = self._position
            places = position.open.pop(first, [])
            ids = [self._entries[place].id for place in places]
            rest = places[ids.index(next_id) :] if next_id in ids else []
            position.given_back = sorted([*position.given_back, *rest])
