"""What living workers disagree about: each is right by its own settings, and together they are not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.policies.in_force import Agreed
from plexsend.outbox.policies.rows import EVERYWHERE
from plexsend.outbox.policies.where import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.fleet import FleetProcess

FOLDER = "PLEXSEND_CAMPAIGN_DIR"
"""The folder of campaigns: each process announces which it sees."""
_MOST_NAMED = 3
"""Processes that one side of a disagreement names."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing of which living processes say different things."""

    what: str
    """`rate_per_s of mms-bulk`, `the secret of account main`."""
    sides: Mapping[str, tuple[str, ...]]
    """What is said → the processes that say it, for people; the most first. A secret is never shown."""
    is_policy: bool = False
    """Whether a policy that a person sets ends it."""

    @property
    def text(self) -> str:
        """The disagreement in one sentence."""
        sides = "; ".join(f"{_listed(labels)} {said}" for said, labels in self.sides.items())
        return f"{self.what}: {sides}"

    def seen_by(self, label: str) -> str:
        """Return what the others say, for the process of this label; empty where it takes no part."""
        if not any(label in labels for labels in self.sides.values()):
            return ""
        others = [f"{_listed(them)} {said}" for said, them in self.sides.items() if label not in them]
        return f"{self.what}: {'; '.join(others)}"


def disagreements(processes: Iterable[FleetProcess], agreed: Agreed | None = None) -> list[Disagreement]:
    """Return what the living of these processes disagree about, sorted.

    `agreed`: where a person set a value for the fleet, it does not matter what processes ask for.
    """
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    policies = set()
    for process in processes:
        # An older program announces nothing of what it goes by.
        if process.lives and not process.is_older:
            for what, value in _asks(process, agreed or Agreed()):
                policies.add(what)
                said[what][value].append(process.label)
            for what, value in _has(process):
                said[what][value].append(process.label)
    found = []
    for what, sides in sorted(said.items()):
        if len(sides) > 1:
            ordered = sorted(sides.items(), key=lambda side: (-len(side[1]), side[0]))
            found.append(Disagreement(what, _worded(what, ordered), is_policy=what in policies))
    return found


def _asks(process: FleetProcess, agreed: Agreed) -> Iterator[tuple[str, str]]:
    for service, asked in process.announced.asks.items():
        where = Where(None if service == EVERYWHERE else service)
        for name, value in asked.items():
            if {(where, name), (Where(), name)} & agreed.set_values.keys():
                continue
            yield f"{name} of {service}" if service != EVERYWHERE else name, f"asks for {value}"


def _has(process: FleetProcess) -> Iterator[tuple[str, str]]:
    announced = process.announced
    for product, url in announced.urls.items():
        yield f"the gateway's address of {product}", f"uses {url}"
    for account, fingerprint in announced.secrets.items():
        yield f"the secret of account {account}", fingerprint
    yield "PLEXSEND_NUMBER_KEY", announced.number_key
    if announced.feeds and announced.folder:
        yield FOLDER, announced.folder


# What tells folders or keys apart says nothing to people, and secrets are not shown in any form.
def _worded(what: str, sides: list[tuple[str, list[str]]]) -> dict[str, tuple[str, ...]]:
    if what.startswith("the secret of"):
        return {f"has secret {chr(ord('A') + at)}": tuple(labels) for at, (_, labels) in enumerate(sides)}
    if what == "PLEXSEND_NUMBER_KEY":
        return {
            ("has none" if not key else f"has key {chr(ord('A') + at)}"): tuple(labels)
            for at, (key, labels) in enumerate(sides)
        }
    if what == FOLDER:
        return {
            (said if " " in said else f"sees folder {chr(ord('A') + at)}"): tuple(labels)
            for at, (said, labels) in enumerate(sides)
        }
    return {said: tuple(labels) for said, labels in sides}


def _listed(labels: tuple[str, ...]) -> str:
    more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(labels[:_MOST_NAMED]) + more
