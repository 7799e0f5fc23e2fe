"""The walk over all that an account has of lanes and closed groups, in the index or not, a page at a time."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.lanes import Lane
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.outbox.redis.store import Store

KEYS_A_PAGE = 1_000
"""Keys of the server that one page looks at, whatever they are."""
MOST_NAMED = 50
"""Names in one step: a sweep looks over all of them in one call, in 1 to 3 ms."""
END = "end"
"""The place behind the last page."""

_PLACE = re.compile(r"(keys|index|closed) (\d+)")
_FIRST = ("keys", 0)
_BEHIND = {"keys": "index 0", "index": "closed 0", "closed": END}


@dataclass(frozen=True, slots=True)
class WalkStep:
    """What a sweep is to look over."""

    names: tuple[str, ...] = ()
    """Lanes and groups; a lane may come more than once in a walk."""
    walked: str = ""
    """The place from which the walk goes on then; empty where the page has more."""


NO_STEP = WalkStep()


@dataclass(frozen=True, slots=True)
class Page:
    """What one page named."""

    names: tuple[str, ...]
    next_place: str

    @property
    def step(self) -> WalkStep:
        """Its first names."""
        is_whole = len(self.names) <= MOST_NAMED
        return WalkStep(self.names[:MOST_NAMED], self.next_place if is_whole else "")

    @property
    def rest(self) -> Page:
        """What is left of it behind its first step."""
        return replace(self, names=self.names[MOST_NAMED:])


def read_page(store: Store, account: str, place: str) -> Page:
    """Read the page at a place: all keys of the account first, then its index, then its closed groups.

    A place is a cursor of the server, so that any process goes on where another stopped. One that cannot be
    read is the beginning. After a fail-over a walk can miss lanes; the next one finds them.
    """
    found = _PLACE.fullmatch(place)
    part, cursor = (found[1], int(found[2])) if found else _FIRST
    client, keys = store.client, store.keys
    with mapped():
        if part == "keys":
            start = keys.account(account)
            behind, page = client.scan(cursor, match=f"{_escape(start)}*@{account}:*", count=KEYS_A_PAGE)
            names = _lanes(text(key)[len(start) :].rpartition(":")[0] for key in page)
        else:
            key = keys.lane_index(account) if part == "index" else keys.closed(account)
            behind, fields = client.hscan(key, cursor, count=MOST_NAMED)
            # Beside the lanes are the fields of their numbers.
            names = _lanes(map(text, fields)) if part == "index" else map(text, fields)
        return Page(tuple(sorted(set(names))), f"{part} {behind}" if behind else _BEHIND[part])


# A key may be a part of a longer name, or a message's.
def _lanes(names: Iterable[str]) -> Iterator[str]:
    for name in set(names):
        with suppress(UsageError):
            yield Lane.parse(name).name


def _escape(pattern: str) -> str:
    return "".join(f"\\{char}" if char in "*?[]\\" else char for char in pattern)
