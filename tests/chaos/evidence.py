"""What a judgement rests on: ledgers, records and times, as plain values. Nothing here is the product's."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from tests.chaos.in_force import Policies
from tests.chaos.law import Law
from tests.chaos.ledger_lines import new_lines
from tests.chaos.pictures import Pictures
from tests.chaos.sequel import Sequel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.chaos.in_force import Ask, SetValue

ACCEPTED = "C100"


@dataclass(slots=True)
class Told:
    """What producers know of one key. Times in seconds since 1970."""

    key: str
    asked_at: float
    added_at: float | None = None
    """When it was first told that the outbox has it (added, or known already); None: never."""
    added_from: float = 0.0
    """The earliest moment at which it can have been added, of the submit that was told so."""
    conflict: bool = False
    later: bool = False
    """Whether it was to be sent at a later time."""
    cancelled: bool = False
    """Whether somebody asked to cancel it."""
    imported: bool = False
    """Whether it is a row of a file."""
    refused_at: float | None = None
    """When it was told that its group is closed; None: never."""
    doubted: bool = False
    """Whether a call for it ended without saying whether it was added."""
    invalid: bool = False
    """Whether it was refused for what it says."""
    picture: str = ""
    """The address of the picture that it shows, where the run uploaded it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that the gateway saw whole."""

    at: float
    path: str
    user: str
    keys: tuple[str, ...]
    codes: tuple[str, ...]
    """What the gateway decided for each key, whether or not the answer left."""
    fault: str = ""
    answer: str = "whole"
    to: tuple[str, ...] = ()
    """The number of each key."""
    marks: tuple[str, ...] = ()
    """How each was marked, see `gateway_marks`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a message's history."""

    at: float
    event: str
    code: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A message as it stands in Redis."""

    state: str
    lane: str
    code: str = ""
    history: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupAct:
    """What a person did to a group: close (by a cancel), open, pause, resume or reschedule."""

    account: str
    group: str
    act: str
    asked_at: float
    answered_at: float = inf
    """When it was done at the latest; infinite: nobody knows whether it was."""
    in_hand: frozenset[str] = frozenset()
    """Keys of the group that a worker had in hand once it was done, so that a request may be under way."""
    due_at: float = 0.0
    """The time that a reschedule gave."""


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """A limit of messages a day that was set so that few were left of it."""

    service: str
    account: str
    left: int
    """How many may be taken between the two moments at the most."""
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which no worker served a service, and nothing else was wrong."""

    service: str
    since: float
    until: float
    """From then on a worker serves it again."""
    watched_until: float


@dataclass(frozen=True, slots=True)
class Restore:
    """A copy of Redis's file that was put back."""

    copied_at: float
    restored_at: float
    is_old: bool
    """Whether it was so old that all accounts must be held."""
    held: frozenset[str]
    """Accounts that were held for it."""
    settled_at: float = 0.0
    """When a person decided."""
    settled_as: str = ""
    settled: int = 0
    warned: int = 0
    """Messages that warnings counted, of a younger one."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Something else was put in place of a message's record (m), body (b) or history (h)."""

    key: str
    part: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is known of processes that differ, and of what persons did meanwhile."""

    policies: Policies = field(default_factory=Policies)
    asks: tuple[Ask, ...] = ()
    set_values: tuple[SetValue, ...] = ()
    group_acts: tuple[GroupAct, ...] = ()
    daily_limits: tuple[DailyLimit, ...] = ()
    absences: tuple[Absence, ...] = ()
    elsewhere: tuple[Request, ...] = ()
    """Requests that reached the address of another gateway."""
    good_secrets: tuple[tuple[str, float, float], ...] = ()
    """Account, from, until: when some workers lacked its secret, and others had it."""
    auth_holds: tuple[tuple[str, float, float], ...] = ()
    """Account, from, until: when it was held for its credentials."""


@dataclass(slots=True)
class Evidence:
    """Everything that one judgement looks at."""

    told: Mapping[str, Told]
    """The keys that are judged."""
    requests: tuple[Request, ...]
    """Of the whole run, in the order of arrival."""
    records: Mapping[str, Record]
    """Of the keys that are judged, where there is one."""
    parked: frozenset[str]
    """Keys that `plexsend uncertain list` names."""
    audit: Mapping[str, object]
    """What `plexsend audit --json` said."""
    users: Mapping[str, str]
    """Account → the user as the gateway knows it."""
    parking: frozenset[str]
    """Names of the lanes that park what may have been sent."""
    whole: bool = True
    """Whether every key of the run is judged, so that sums must agree too."""
    forgetful: bool = False
    """Whether a killed Redis may forget its last second."""
    kills: tuple[float, ...] = ()
    """When Redis was killed or ended by itself."""
    blurred: tuple[tuple[float, float], ...] = ()
    """When faults held requests or replies back, so that arrivals say nothing of the limiter."""
    since: float = 0.0
    """Requests before this were judged already."""
    leaks: tuple[tuple[str, str], ...] = ()
    """Where something forbidden was found, and what kind."""
    fleet: Fleet = field(default_factory=Fleet)
    restores: tuple[Restore, ...] = ()
    planted: tuple[Planted, ...] = ()
    odd_holds: tuple[tuple[str, float], ...] = ()
    """Accounts that were held as after a restore when there was none, and when that was seen."""
    sequel: Sequel = field(default_factory=Sequel)
    """What came after the answers: receipts, results, the archive."""
    law: Law = field(default_factory=Law)
    pictures: Pictures = field(default_factory=Pictures)

    def planted_in(self, key: str, part: str) -> list[Planted]:
        """Return when something else was in this place of a message."""
        return [each for each in self.planted if (each.key, each.part) == (key, part)]


@dataclass(slots=True)
class ProducerLedgers:
    """Reads the ledgers of producers as they grow. A line cut short by a kill waits for its rest."""

    told: dict[str, Told] = field(default_factory=dict)
    pauses: dict[Path, bool] = field(default_factory=dict)
    _places: dict[Path, int] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Read what was added to a ledger since the last time."""
        for line in new_lines(path, self._places):
            self.pauses[path] = bool(line.get("paused"))
            for key in line.get("asked", ()):
                told = self.told.setdefault(key, Told(key, line["at"]))
                told.imported |= bool(line.get("import"))
                told.later |= bool(line.get("later"))
                told.picture = line.get("picture", told.picture)
            for key in line.get("cancels", ()):
                self.told[key].cancelled = True
            for key, outcome in line.get("told", {}).items():
                told = self.told[key]
                if outcome in ("added", "duplicates") and told.added_at is None:
                    told.added_at = line["at"]
                    told.added_from = line.get("began", told.asked_at)
                told.conflict |= outcome == "conflicts"
                told.doubted |= outcome == "unknown"
                told.invalid |= outcome == "invalid"
                if outcome == "closed":
                    told.refused_at = line["at"]


@dataclass(slots=True)
class GatewayLedger:
    """Reads the gateway's ledger as it grows."""

    path: Path
    requests: list[Request] = field(default_factory=list)
    _places: dict[Path, int] = field(default_factory=dict)

    def read(self) -> None:
        """Read what was added since the last time."""
        for line in new_lines(self.path, self._places):
            self.requests.append(
                Request(
                    line["at"],
                    line["path"],
                    line["user"],
                    tuple(line["keys"]),
                    tuple(line["codes"]),
                    line["fault"],
                    line["answer"],
                    tuple(line.get("to", ())),
                    tuple(line.get("marks", ())),
                )
            )


def arrivals(requests: Iterable[Request]) -> dict[str, list[float]]:
    """Return when each key reached the gateway, accepted or not."""
    found: dict[str, list[float]] = {}
    for request in requests:
        for key in request.keys:
            found.setdefault(key, []).append(request.at)
    return found


def acceptances(requests: Iterable[Request]) -> dict[str, list[float]]:
    """Return when the gateway accepted each key."""
    found: dict[str, list[float]] = {}
    for request in requests:
        for key, code in zip(request.keys, request.codes, strict=True):
            if code == ACCEPTED:
                found.setdefault(key, []).append(request.at)
    return found
