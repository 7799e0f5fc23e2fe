"""Which processes of a fleet can send for an account, and what keeps the others from it. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.gateway.services import SERVICES
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plexsend.outbox.fleet import FleetProcess

MOST_NAMED = 5
"""Processes that a sentence names; of more it says how many."""


class Obstacle(StrEnum):
    """What keeps a living process from sending for an account."""

    OTHER_SERVICES = "other_services"
    """It does not fetch the service's doorbells."""
    LACKS_SECRET = "lacks_secret"  # noqa: S105  a word
    """Its environment has no secret for the account."""
    REFUSED = "refused"
    """The gateway refused its secret."""
    ADDRESS = "address"
    """It would send to another address of the gateway than the account's."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What decides, beside the processes themselves, who can send for an account."""

    account: str
    refused: frozenset[str] = frozenset()
    """Fingerprints of secrets that the gateway refused."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Product → the gateway's address that is in force."""


def obstacle(process: FleetProcess, service: str, facts: AccountFacts) -> Obstacle | None:
    """Return what keeps a living process from sending a service's messages for an account; None: nothing.

    An older program announces neither secrets nor addresses: whether it can send shows only when it tries.
    """
    if service not in process.announced.services:
        return Obstacle.OTHER_SERVICES
    if process.is_older:
        return None
    found = lacks_secret(process, facts)
    if found is not None:
        return found
    known = SERVICES.get(service)
    product = known.product.name if known else ""
    agreed, its = facts.urls.get(product), process.announced.urls.get(product)
    return Obstacle.ADDRESS if agreed and its and agreed != its else None


def lacks_secret(process: FleetProcess, facts: AccountFacts) -> Obstacle | None:
    """Return whether a process has no secret for the account that the gateway might accept."""
    its = process.announced.secrets.get(facts.account)
    if its is None:
        return Obstacle.LACKS_SECRET
    return Obstacle.REFUSED if its in facts.refused else None


def servers(fleet: Iterable[FleetProcess], service: str, facts: AccountFacts) -> list[FleetProcess]:
    """Return the living processes that can send a service's messages for an account."""
    return [process for process in fleet if process.lives and obstacle(process, service, facts) is None]


def first_addresses(fleet: Iterable[FleetProcess], account: str) -> dict[str, str]:
    """Return for each product the address of the process that could send for the account first."""
    found: dict[str, str] = {}
    for process in sorted(fleet, key=lambda each: (each.announced.since_ms, each.name)):
        if process.lives and account in process.announced.secrets:
            served = {SERVICES[each].product.name for each in process.announced.services if each in SERVICES}
            for product, url in process.announced.urls.items():
                if product in served:
                    found.setdefault(product, url)
    return found


def auth_hold(fleet: Iterable[FleetProcess], facts: AccountFacts) -> str | None:
    """Return why nobody can send for an account at all, with what to do; None where a process may.

    Without a process that serves anything nothing is known: nobody decides then.
    """
    serving = [process for process in fleet if process.lives and process.announced.services]
    if not serving or any(process.is_older or lacks_secret(process, facts) is None for process in serving):
        return None
    refused = [process for process in serving if facts.account in process.announced.secrets]
    without = [process for process in serving if facts.account not in process.announced.secrets]
    variable = _variable(facts.account)
    if refused:
        words = f"the gateway refuses the secret of {named(refused)}"
        words += f", and none is set on {named(without)}" if without else ""
        return (
            f"{words}. Correct {variable} there: one in a file counts at once, one in the environment after "
            f"a restart. If the gateway has learnt it meanwhile: plexsend resume {facts.account}"
        )
    known = sorted({name for process in serving for name in process.announced.secrets})
    return (
        f"no worker has a secret for it ({named(serving)}). Set {variable} or {variable}_FILE there and "
        f"restart the worker; accounts that workers know: {', '.join(known) or 'none'}. "
        f"If {facts.account} is a slip{_meant(facts.account, known)}, take its messages back: plexsend cancel"
    )


def _meant(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" for {near[0]}" if near else ""


def nobody_serves(fleet: Sequence[FleetProcess], service: str, facts: AccountFacts) -> str:
    """Return in words why no living process can send a service's messages for an account, and what to do."""
    living = [process for process in fleet if process.lives]
    reasons: dict[Obstacle, list[FleetProcess]] = defaultdict(list)
    for process in living:
        reasons[obstacle(process, service, facts) or Obstacle.OTHER_SERVICES].append(process)
    if reasons.keys() <= {Obstacle.OTHER_SERVICES}:
        return (
            f"no worker that serves {service} is alive{_last_seen(fleet, service)}; {_start(service, living)}"
        )
    variable = _variable(facts.account)
    product = SERVICES[service].product.name if service in SERVICES else ""
    words = {
        Obstacle.LACKS_SECRET: (
            f"has no secret for {facts.account} (set {variable} or {variable}_FILE there and restart it)"
        ),
        Obstacle.REFUSED: (
            f"has a secret that the gateway refuses (correct {variable} there, or have it tried again: "
            f"plexsend resume {facts.account})"
        ),
        Obstacle.ADDRESS: (
            f"sends to another address than the account's, {facts.urls.get(product, '')} (correct its "
            f"settings, or `plexsend policy set @{facts.account} gateway_url.{product}=URL --reason R`)"
        ),
    }
    reasons_given = [
        f"{named(processes)} {_agreeing(words[why], processes)}"
        for why, processes in reasons.items()
        if why in words
    ]
    return f"no worker that serves {service} can send for {facts.account}: {'; '.join(reasons_given)}"


def named(processes: Sequence[FleetProcess]) -> str:
    """Return processes by host and id, the first few of many."""
    labels = [process.label for process in processes[:MOST_NAMED]]
    if len(processes) > MOST_NAMED:
        labels.append(f"{len(processes) - MOST_NAMED} more")
    return ", ".join(labels)


def _agreeing(words: str, processes: Sequence[FleetProcess]) -> str:
    if len(processes) == 1:
        return words
    verb, _, rest = words.partition(" ")
    return " ".join(({"has": "have", "sends": "send"}[verb], rest))


def _variable(account: str) -> str:
    return f"PLEXSEND_ACCOUNT_{account.upper().replace('-', '_')}"


def _last_seen(fleet: Iterable[FleetProcess], service: str) -> str:
    gone = [process for process in fleet if not process.lives and service in process.announced.services]
    if not gone:
        return ""
    last = min(gone, key=lambda process: process.silent_ms)
    return f" (the last, {last.label}, was seen {span(last.silent_ms / 1000)} ago)"


def _start(service: str, living: Sequence[FleetProcess]) -> str:
    if not living:
        return "start one with `plexsend worker`"
    return f"start one with `plexsend worker -Q {service}`, or without -Q for every service"
