"""The walk over all lanes of an account, once an hour: what was lost about one is put right by sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.index import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

FIRST_AFTER_S = 60.0
"""From a process's first sweep of an account until it begins to walk."""
EVERY_S = 3_600.0
"""From the end of a walk until the next."""


class LaneWalk:
    """Names some lanes for each round of a sweep. For one thread."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._under_way: dict[str, Iterator[list[Lane]]] = {}
        self._next_at: dict[str, float] = {}

    def step(self, account: str) -> Sequence[Lane]:
        """Return the lanes to look over in this round, mostly none."""
        now = self._clock()
        if now < self._next_at.setdefault(account, now + FIRST_AFTER_S):
            return ()
        found = next(self._under_way.setdefault(account, walk(self._store, account)), None)
        if found is None:
            del self._under_way[account]
            self._next_at[account] = now + EVERY_S
            return ()
        return found
