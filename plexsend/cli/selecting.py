"""Choosing dead letters: by key, or by lane and code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible
from plexsend.outbox.reading import queries
from plexsend.outbox.states import DEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.records import Record
    from plexsend.outbox.redis.store import Store


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters are meant: with keys, those; else all that fit the others (None: any)."""

    keys: tuple[str, ...] = ()
    code: str | None = None
    lane: Lane | None = None
    account: str | None = None

    def records(self, store: Store) -> Iterator[Record]:
        """Yield the dead letters that are meant, oldest first in each lane.

        Raises NotPossible where the lane that is named never had a message.
        """
        if self.keys:
            for key in self.keys:
                yield from self._dead(store, key)
            return
        for lane in self._lanes(store):
            for record in queries.listing(store, lane, "dead"):
                # What was requeued since its page was read is not a dead letter any more.
                if record.state in DEAD and self.code in (None, record.code):
                    yield record

    def missing(self, store: Store) -> list[NotPossible]:
        """Return a refusal for each named key that is not a dead letter."""
        return [refusal for key in self.keys if (refusal := self._missing(store, key)) is not None]

    # All are chosen before the first is moved: pages read from a set that shrinks would leave some out, and a
    # message that dies again at once would be chosen for ever. A million of them take about 150 MB.
    def chosen(self, store: Store) -> list[tuple[str, str]]:
        """Return account and key of each dead letter that is meant.

        Raises UsageError where a key is dead in several accounts and none is named.
        """
        chosen = [(record.lane.account, record.msg_key) for record in self.records(store)]
        for key in self.keys:
            accounts = [account for account, found in chosen if found == key]
            queries.only_account(key, accounts, known="dead", remedy="Name one with --account.")
        return list(dict.fromkeys(chosen))

    def _dead(self, store: Store, key: str) -> list[Record]:
        return [record for record in queries.find(store, key, self.account) if record.state in DEAD]

    def _missing(self, store: Store, key: str) -> NotPossible | None:
        found = queries.find(store, key, self.account)
        if any(record.state in DEAD for record in found):
            return None
        if not found:
            return NotPossible(
                f"No message {key!r} is known{f' in account {self.account}' if self.account else ''}."
            )
        return NotPossible(f"{key!r} is not a dead letter: it is {found[0].state}.")

    def _lanes(self, store: Store) -> list[Lane]:
        known = queries.lanes(store)
        if self.lane is not None and self.lane not in known:
            raise unknown_lane(self.lane, known)
        return [lane for lane in known if self.lane in (None, lane) and self.account in (None, lane.account)]


def unknown_lane(lane: Lane, known: list[Lane]) -> NotPossible:
    """Return the refusal of a lane that never had a message."""
    names = ", ".join(each.name for each in known) or "none yet"
    return NotPossible(f"No lane {lane.name} is known. Known: {names}.")
