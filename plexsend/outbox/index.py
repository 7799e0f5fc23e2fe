"""The index of an account's lanes: which there are, and the numbers by which records name them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.reads import ask, up_to
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.outbox.redis.store import Store

_PAGE = 1_000
"""Fields of the index read at once: an account may have tens of thousands of lanes."""


class LaneNames:
    """The names of one account's lanes, as its records give them: by number or, in form 1, by name.

    Each number is looked up once. One is for one look at the outbox: a server that lost its data counts anew.
    """

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._account = account
        self._names: dict[bytes, str] = {}

    def learn(self, given: Iterable[bytes | None]) -> None:
        """Look up all that are not known yet, in one round trip."""
        new = sorted({value for value in given if value and value.isdigit()} - self._names.keys())
        if not new:
            return
        index = self._store.keys.lane_index(self._account)
        found = ask(self._store, lambda pipe: pipe.hmget(index, [b"#" + value for value in new]))
        self._names |= {value: text(name) for value, name in zip(new, found, strict=True) if name}

    def name(self, given: bytes | None) -> str:
        """Return the lane's name; where nobody knows the number, what the record holds."""
        if given and given.isdigit():
            self.learn([given])
            return self._names.get(given, text(given))
        return text(given)


def indexed_lanes(store: Store, account: str) -> Iterator[Lane]:
    """Yield the lanes of an account's index, each at least once, while others come and go."""
    index = store.keys.lane_index(account)
    with up_to(store, index):
        for name, _ in store.client.hscan_iter(index, count=_PAGE):
            # Beside the names are the numbers' fields, which no lane can be called.
            with suppress(UsageError):
                yield Lane.parse(text(name))
