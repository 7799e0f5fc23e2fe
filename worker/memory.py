"""What a worker process remembers of Redis, so that it notices when Redis goes back in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.seen import NOTHING_SEEN, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.batches import Batch
    from plexsend.outbox.lanes import Lane


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What a process knows of one account."""

    here: str
    """Which server it is: the ms of the account's first submit there."""
    routes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Route → its last take, and the messages that went by then."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a process remembered when it wrote it down: it may be gone since."""

    process: str
    sign_ms: int
    """Its last sign of life that Redis took; 0: none."""
    heard_ms: int
    """When it heard of Redis last, on Redis's clock."""
    accounts: Mapping[str, KnownAccount]


class Memory:
    """One for each worker process. Drains note in their turn what they take; housekeeping does the rest."""

    def __init__(self) -> None:
        self.heard_ms = 0
        """When Redis was heard of last, on its clock. It stands still while Redis is doubted."""
        self.is_doubted = False
        """Whether Redis may have forgotten something, and housekeeping has not looked yet."""
        self.is_lost = False
        """Whether it is known that Redis forgot something."""
        self.remembered_ms = 0
        """Until when Redis remembers, as a sign of life shows that it does know; 0: none shows it."""
        self.signs: dict[str, tuple[int, int]] = {}
        """Process that is gone → its last sign of life, and when it heard of Redis last; until that was
        looked at."""
        self._accounts: dict[str, KnownAccount] = {}

    def of(self, lane: Lane) -> Seen:
        """Return what is known of a lane's route."""
        account = self._accounts.get(lane.account)
        if account is None:
            return NOTHING_SEEN
        takes, went = account.routes.get(lane.route.name, (0, 0))
        return Seen(account.here, takes, went, self.heard_ms)

    def note(self, batch: Batch) -> None:
        """Remember what a take answered."""
        name = batch.lane.account
        account = self._accounts.get(name)
        if batch.here and (account is None or account.here != batch.here):
            account = self._accounts[name] = KnownAccount(batch.here)
        if account is not None and account.routes.get(batch.lane.route.name, (0, 0))[0] < batch.take:
            account.routes[batch.lane.route.name] = batch.take, max(0, batch.went)

    def hear(self, now_ms: int) -> None:
        """Remember when Redis was heard of.

        By signs of life alone: each is compared with the one before, so this is never a time after Redis
        went back.
        """
        if not self.is_doubted:
            self.heard_ms = max(self.heard_ms, now_ms)

    def doubt(self, *, is_lost: bool, remembered_ms: int = 0) -> None:
        """Have housekeeping look what Redis forgot; it remembers what came until `remembered_ms`."""
        self.is_doubted = True
        self.is_lost |= is_lost
        self.remembered_ms = max(self.remembered_ms, remembered_ms)

    def trust(self, now_ms: int) -> None:
        """Go on from what Redis says now: what it forgot is reported."""
        self.is_doubted = self.is_lost = False
        self.signs = {}
        self.remembered_ms = 0
        self.heard_ms = now_ms

    def recall(self, files: Iterable[Remembered]) -> None:
        """Take in what processes wrote down; Redis is doubted until that was looked at."""
        for each in sorted(files, key=lambda one: one.heard_ms):
            self.heard_ms = each.heard_ms
            self.signs[each.process] = each.sign_ms, each.heard_ms
            for name, found in each.accounts.items():
                known = self._accounts.get(name)
                if known is None or known.here != found.here:
                    known = self._accounts[name] = KnownAccount(found.here)
                for route, (takes, went) in found.routes.items():
                    if takes > known.routes.get(route, (0, 0))[0]:
                        known.routes[route] = takes, went
            self.is_doubted = True

    def accounts(self) -> dict[str, KnownAccount]:
        """Return what is known of each account, as of now."""
        return {
            name: KnownAccount(each.here, dict(each.routes)) for name, each in dict(self._accounts).items()
        }

    def forget(self, account: str) -> None:
        """Forget an account that has begun anew on another server, or on this one after it was emptied."""
        self._accounts.pop(account, None)
