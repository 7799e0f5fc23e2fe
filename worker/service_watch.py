"""Which services the fleet can serve for each account, and what follows where nobody can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.logs import get_logger
from plexsend.outbox.fleet import older_process
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.serving import AccountFacts, auth_hold, first_addresses, nobody_serves, servers
from plexsend.outbox.trust import hold_secrets, trust_secrets
from plexsend.worker.campaign_queue import CAMPAIGNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.sweep import SweepResult
    from plexsend.worker.presence import Presence
    from plexsend.worker.runtime import Runtime


@dataclass(frozen=True, slots=True)
class AbleProcesses:
    """Who can send for an account now."""

    threads: tuple[WorkerProcess, ...]
    """Every living process with what it serves, for whatever account."""
    able: tuple[WorkerProcess, ...]
    """Those that can send for this account, with the services for which they can."""
    served: frozenset[str]
    fresh: frozenset[str]
    """Of the services those that nobody could serve when this was asked last."""
    addresses: Mapping[str, str]
    """Product → the gateway's address of the first process, for where none was agreed on."""


class ServiceWatch:
    """For one housekeeping: what it knows of the accounts that it sweeps."""

    def __init__(self, runtime: Runtime, presence: Presence) -> None:
        self._runtime = runtime
        self._presence = presence
        self._log = get_logger("worker.housekeeping").bind(process=runtime.name)
        self._facts: dict[str, AccountFacts] = {}
        self._older: dict[str, tuple[WorkerProcess, ...]] = {}
        self._served: dict[str, frozenset[str]] = {}
        self._unserved: set[tuple[str, str]] = set()

    def look(self, account: str) -> AbleProcesses:
        """Return who can send for an account; what it answers as fresh is fresh once."""
        fleet = self._fleet(account)
        facts = self._facts.get(account, AccountFacts(account))
        able = self._able(fleet, facts)
        served = frozenset(service for services in able.values() for service in services)
        fresh = served - self._served.get(account, frozenset())
        self._served[account] = served
        living = [process for process in fleet if process.lives]
        return AbleProcesses(
            threads=tuple(
                WorkerProcess(each.name, each.announced.threads, each.announced.services) for each in living
            ),
            able=tuple(
                WorkerProcess(each.name, each.announced.threads, tuple(able[each.name]))
                for each in living
                if each.name in able
            ),
            served=served,
            fresh=fresh,
            addresses=first_addresses(fleet, account),
        )

    def note(self, account: str, found: SweepResult) -> bool:
        """Act on what a sweep found; return whether who can serve the account may have changed by it."""
        facts = AccountFacts(account, found.refused, found.urls)
        self._facts[account], self._older[account] = facts, found.processes
        fleet = self._fleet(account)
        self._decide(account, auth_hold(fleet, facts), found.auth)
        self._log_unserved(account, fleet, found.unserved)
        able = self._able(fleet, facts)
        return self._served[account] != {service for services in able.values() for service in services}

    def take_out_orphans(self, purge: Callable[[str], int]) -> None:
        """Take out doorbells that nobody fetches: they would stay in the broker for ever, and age."""
        for service in self._runtime.services:
            if not self._is_fetched(service) and (bells := purge(service)):
                self._log.warning("doorbells taken out, no worker serves them", service=service, bells=bells)
        if not any(process.announced.feeds for process in self._presence.living):
            # Beat rings again for what is due.
            purge(CAMPAIGNS)

    def _is_fetched(self, service: str) -> bool:
        known = [process for processes in self._older.values() for process in processes]
        return any(service in process.announced.services for process in self._presence.living) or any(
            service in process.services for process in known
        )

    def forget(self, account: str) -> None:
        """Forget an account that another process sweeps now."""
        for known in (self._facts, self._older, self._served):
            known.pop(account, None)
        self._unserved = {pair for pair in self._unserved if pair[0] != account}

    def _able(self, fleet: list[FleetProcess], facts: AccountFacts) -> dict[str, list[str]]:
        able: dict[str, list[str]] = {}
        for service in self._runtime.services:
            for process in servers(fleet, service, facts):
                able.setdefault(process.name, []).append(service)
        return able

    def _fleet(self, account: str) -> list[FleetProcess]:
        older = [older_process(process) for process in self._older.get(account, ())]
        return [*self._presence.fleet, *older]

    def _decide(self, account: str, why: str | None, hold: str) -> None:
        store = self._runtime.store
        if why is not None:
            if hold_secrets(store, account, why, hold):
                self._log.error("account held, no worker can send for it", account=account, reason=why)
        elif hold and trust_secrets(store, account, hold):
            self._log.info("account not held any more, a worker can send for it", account=account)

    def _log_unserved(self, account: str, fleet: list[FleetProcess], unserved: frozenset[str]) -> None:
        for service in sorted(unserved):
            if (account, service) not in self._unserved:
                self._unserved.add((account, service))
                reason = nobody_serves(fleet, service, self._facts[account])
                self._log.warning(
                    "messages wait for a worker", account=account, service=service, reason=reason
                )
        served = self._served.get(account, frozenset())
        for pair in sorted(self._unserved):
            if pair[0] == account and pair[1] in served:
                self._unserved.discard(pair)
                self._log.info("a worker serves them again", account=account, service=pair[1])
