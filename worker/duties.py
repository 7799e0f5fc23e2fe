"""Which accounts a process sweeps: those for which it is elected, and those that their own process leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.sweep import unswept
from plexsend.worker.election import first_of
from plexsend.worker.presence import LATE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from plexsend.outbox.redis.store import Store
    from plexsend.worker.presence import Presence

LOOK_BESIDE_S = 5.0
"""Between two looks whether the accounts that another process is to sweep are swept."""
LOOKERS = 3
"""How many processes see to an account: the one that sweeps it, and those that would be next."""
LOOKS_AT_ALL = 12
"""Of so many looks one is at the accounts of all processes."""


class Duties:
    """For one housekeeping."""

    def __init__(self, store: Store, presence: Presence, clock: Callable[[], float]) -> None:
        self.mine: frozenset[str] = frozenset()
        """The accounts for which this process is elected."""
        self.adopted: set[str] = set()
        """Those that it sweeps because the process that is to does not."""
        self._store = store
        self._presence = presence
        self._clock = clock
        self._electors: tuple[frozenset[str], frozenset[str]] = frozenset(), frozenset()
        self._beside: list[str] = []
        self._looked_at = clock()
        self._looks = 0

    @property
    def all(self) -> frozenset[str]:
        """Every account that this process is to sweep now."""
        return self.mine | self.adopted

    def renew(self, accounts: Collection[str]) -> list[str]:
        """Elect again where the fleet or the accounts changed; return accounts that nobody sweeps."""
        self._elect(accounts)
        if self._clock() - self._looked_at < LOOK_BESIDE_S:
            return []
        self._looked_at = self._clock()
        self._looks += 1
        others = self._beside
        if self._looks % LOOKS_AT_ALL == 0:
            others = [account for account in accounts if account not in self.mine]
        found = unswept(self._store, others)
        self.adopted.update(found)
        return found

    def _elect(self, accounts: Collection[str]) -> None:
        fleet = self._presence.fleet
        present = frozenset(process.name for process in fleet if process.silent_ms <= LATE_S * 1000)
        electors = present, frozenset(accounts)
        if electors == self._electors:
            return
        self._electors = electors
        me = self._presence.name
        first = {account: first_of(LOOKERS, account, present) for account in accounts}
        self.mine = frozenset(account for account, names in first.items() if names[:1] == [me])
        self._beside = [account for account, names in first.items() if me in names[1:]]
        self.adopted -= self.mine
