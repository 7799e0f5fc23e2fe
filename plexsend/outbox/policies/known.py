"""The policies in force as a process knows them: looked at once a second, read when the fleet changed one."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError
from plexsend.outbox.policies.state import read, read_epoch, spread
from plexsend.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.outbox.policies.in_force import Agreed, PoliciesOf
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Policy

LOOK_S = 1.0
"""How old what a process knows may be."""
RENEW_S = 6 * 3600.0
"""How often what is in force is copied again unchanged: midnights are written some days ahead."""


class KnownPolicies:
    """What the fleet agreed on, kept for all threads of a process.

    Args:
        store: Where the fleet writes it down.
        clock: Seconds, monotonic.
        turn: Given up by a thread that holds it, while it waits for another thread that reads.
    """

    def __init__(
        self, store: Store, clock: Callable[[], float] = elapsed_s, *, turn: Turn | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._turn = turn or Turn()
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        # A process that starts has just copied them.
        self._renewed_at = clock()
        self._agreed: Agreed | None = None
        self._of_service: dict[tuple[str, str], Policy] = {}

    def look(self) -> Agreed:
        """Return what the fleet agreed on, at most a second old; raises OutboxUnavailable."""
        known = self._agreed
        # Asked before each chunk of a submit: mostly there is nothing to do, and nobody to wait for.
        if known is not None and self._clock() - self._looked_at < LOOK_S:
            return known
        with self._alone():
            agreed = self._agreed
            if agreed is not None and self._clock() - self._looked_at < LOOK_S:
                return agreed
            began = self._clock()
            if agreed is None or read_epoch(self._store) != agreed.epoch:
                agreed = self._agreed = read(self._store)
                self._of_service = {}
            self._looked_at = began
            return agreed

    def renew(self) -> None:
        """Copy what is in force into every account again, from time to time; raises OutboxUnavailable."""
        if self._clock() - self._renewed_at >= RENEW_S:
            spread(self._store)
            self._renewed_at = self._clock()

    def catch_up(self, epoch: int) -> bool:
        """Look at once if what is known is older than this epoch; return False where that fails.

        What a person set a moment ago, such as who may be sent to, holds for the very next batch.
        """
        agreed = self._agreed
        if agreed is not None and agreed.epoch >= epoch:
            return True
        with self._alone():
            self._looked_at = float("-inf")
        with suppress(OutboxError):
            self.look()
            return True
        return False

    def forget(self) -> None:
        """Read everything at the next look, however new what is known is."""
        with self._alone():
            self._looked_at = float("-inf")
            self._agreed = None

    # Who reads gives up its turn while Redis answers, and takes it again with the lock in hand. Who waited
    # for the lock with the turn in hand would wait for ever, and the process with it.
    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._turn.outside():
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def of(self, account: str) -> PoliciesOf:
        """Return the policies of an account as they were at the last look; looks where there was none."""
        return (self._agreed or self.look()).of(account)

    def service(self, service: str, account: str) -> Policy:
        """Return what holds for a service of an account, as at the last look."""
        kept = self._of_service
        found = kept.get((service, account))
        if found is None:
            found = kept[service, account] = self.of(account).service(service)
        return found
