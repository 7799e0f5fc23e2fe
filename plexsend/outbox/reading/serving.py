"""Which of the living processes can serve which service of which account, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.redis.store import Store


@dataclass(frozen=True, slots=True)
class Serving:
    """The processes seen within ten minutes, and what decides whom they can serve."""

    processes: tuple[FleetProcess, ...]
    refused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Account → fingerprints of secrets that the gateway refused."""

    def able(self, service: str, account: str) -> list[FleetProcess]:
        """Return the living processes that can serve a service of an account."""
        return [each for each in self._of_service(service) if not self.why_not(each, account)]

    def why_not(self, process: FleetProcess, account: str) -> str:
        """Return what keeps a process from serving an account; empty where nothing does."""
        if process.is_older:
            return ""
        fingerprint = process.announced.secrets.get(account)
        if fingerprint is None:
            return "has no secret of it"
        if fingerprint in self.refused.get(account, ()):
            return "has a secret that the gateway refused"
        return ""

    def accounts_of(self, process: FleetProcess) -> list[str]:
        """Return the accounts that a process can serve."""
        return sorted(account for account in process.announced.secrets if not self.why_not(process, account))

    def unserved_because(self, service: str, account: str) -> str:
        """Return why no process can serve a service of an account, though some answer its doorbells."""
        reasons = [f"{each.label} {self.why_not(each, account)}" for each in self._of_service(service)]
        return "; ".join(reasons[:2]) + (f"; {len(reasons) - 2} more" if len(reasons) > 2 else "")  # noqa: PLR2004  two are enough to understand

    def _of_service(self, service: str) -> list[FleetProcess]:
        return [each for each in self.processes if each.lives and service in each.announced.services]


def read_serving(store: Store, processes: Iterable[FleetProcess], accounts: Iterable[str]) -> Serving:
    """Return what decides, for these processes and accounts, in one round trip."""
    names = list(accounts)
    with mapped():
        pipe = store.client.pipeline(transaction=False)
        for account in names:
            pipe.hkeys(store.keys.refused(account))
        replies = pipe.execute() if names else []
    refused = {
        account: frozenset(map(text, found)) for account, found in zip(names, replies, strict=True) if found
    }
    return Serving(tuple(processes), refused)
