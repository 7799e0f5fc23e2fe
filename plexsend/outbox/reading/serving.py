"""Which of the living processes can serve which service of which account, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plexsend.outbox.addresses import agreed_addresses, refused_secrets
from plexsend.outbox.serving import AccountFacts, lacks_secret, nobody_serves, servers

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
    urls: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Account → product → the gateway's address in force."""

    def able(self, service: str, account: str) -> list[FleetProcess]:
        """Return the living processes that can serve a service of an account."""
        return servers(self.processes, service, self._facts(account))

    def accounts_of(self, process: FleetProcess) -> list[str]:
        """Return the accounts that a process can serve."""
        secrets = process.announced.secrets
        return sorted(account for account in secrets if not lacks_secret(process, self._facts(account)))

    def nobody(self, service: str, account: str) -> str:
        """Return why no living process can serve a service of an account, and what to do."""
        return nobody_serves(self.processes, service, self._facts(account))

    def _facts(self, account: str) -> AccountFacts:
        return AccountFacts(account, self.refused.get(account, frozenset()), self.urls.get(account, {}))


def read_serving(store: Store, processes: Iterable[FleetProcess], accounts: Iterable[str]) -> Serving:
    """Return what decides, for these processes and accounts."""
    names = list(accounts)
    refused = {account: found for account in names if (found := refused_secrets(store, account))}
    return Serving(
        tuple(processes), refused, {account: agreed_addresses(store, account) for account in names}
    )
