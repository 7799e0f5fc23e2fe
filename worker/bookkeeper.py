"""Keeping the counts by day of the accounts that a process sweeps: once an hour each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.stats import keep_stats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plexsend.outbox.redis.store import Store

KEPT_EVERY_S = 3600.0
"""Between two looks at an account's days; the first comes with the first sweep."""


class Bookkeeper:
    """For one housekeeping.

    Args:
        store: Where the messages are.
        clock: Seconds, monotonic.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._due: dict[str, float] = {}

    def step(self, accounts: Iterable[str]) -> None:
        """Look at the first of these accounts that is due: few are at once, and one is a call or two."""
        now = self._clock()
        mine = sorted(accounts)
        self._due = {account: self._due.get(account, now) for account in mine}
        for account in mine:
            if self._due[account] <= now:
                # Also where this fails.
                self._due[account] = now + KEPT_EVERY_S
                keep_stats(self._store, account)
                return
