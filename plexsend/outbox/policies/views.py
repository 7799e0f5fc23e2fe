"""Policies as people look at them: the value, where it comes from, and who asks for another."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.outbox.policies.rows import EVERYWHERE, ROWS
from plexsend.outbox.policies.where import Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.policies.in_force import Agreed, PersonsValue
    from plexsend.outbox.policies.rows import PolicyRow

_NUMBERS = ("only_to", "senders")
_SHOWN_BEFORE, _SHOWN_AFTER = 3, 4


class Origin(StrEnum):
    """Where a value comes from."""

    PERSON = "person"
    ASKED = "asked"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class PolicyView:
    """One policy at one place."""

    where: Where
    name: str
    value: str
    """As a person writes it; numbers are masked."""
    origin: Origin
    person: PersonsValue | None = None
    """Who set it, where a person did."""
    set_at: Where | None = None
    """Where that person set it: here, or at a wider place."""
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Value → the processes that ask for it, for people."""

    @property
    def disagreeing(self) -> tuple[str, ...]:
        """The processes that ask for another value than the one in force."""
        others = (labels for value, labels in self.asks.items() if value != self.value)
        return tuple(label for labels in others for label in labels)


def decided(agreed: Agreed, processes: Iterable[FleetProcess]) -> list[PolicyView]:
    """Return every value that a person set or a process asked for, by place and name."""
    asks = _asks(processes)
    views = [_view(agreed, asks, where, ROWS[name]) for where, name in agreed.set_values if name in ROWS]
    set_there = {(str(view.where), view.name) for view in views}
    for service, name in agreed.asked:
        if (service, name) not in set_there and name in ROWS:
            views.append(_view(agreed, asks, Where.parse(service), ROWS[name]))
    return sorted(views, key=lambda view: (str(view.where) != EVERYWHERE, str(view.where), view.name))


def at(agreed: Agreed, processes: Iterable[FleetProcess], where: Where) -> list[PolicyView]:
    """Return every policy that holds at a place, in the order of the table."""
    asks = _asks(processes)
    of_service = [row for row in ROWS.values() if row.per_service]
    of_account = [row for row in ROWS.values() if not row.per_service]
    rows = of_service if where.service else [*of_service, *of_account]
    if where.service and where.account:
        rows = [*of_service, *of_account]
    return [_view(agreed, asks, where, row) for row in rows]


def _view(
    agreed: Agreed, asks: Mapping[tuple[str, str], Mapping[str, list[str]]], where: Where, row: PolicyRow
) -> PolicyView:
    service = where.service if row.per_service else None
    found = agreed.set_value(row, service, where.account or "")
    text = agreed.text(row, service, where.account or "")
    origin = Origin.DEFAULT if text is None else Origin.ASKED
    of_it = asks.get((service or EVERYWHERE, row.name), {})
    return PolicyView(
        where=where,
        name=row.name,
        value=shown(row.name, row.default_for(service) if text is None else row.tidy(text)),
        origin=Origin.PERSON if found else origin,
        person=found[1] if found else None,
        set_at=found[0] if found else None,
        asks={value: tuple(labels) for value, labels in of_it.items()},
    )


def _asks(processes: Iterable[FleetProcess]) -> dict[tuple[str, str], dict[str, list[str]]]:
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for process in processes:
        for service, name, value in _asked_by(process):
            found.setdefault((service, name), {}).setdefault(value, []).append(process.label)
    return found


def _asked_by(process: FleetProcess) -> Iterator[tuple[str, str, str]]:
    for service, values in process.announced.asks.items():
        for name, value in values.items():
            if name in ROWS and ROWS[name].is_readable(value):
                yield service, name, ROWS[name].tidy(value)


def shown(name: str, value: str) -> str:
    """Return a value for people: phone numbers are masked."""
    if name not in _NUMBERS or not value:
        return value
    return ", ".join(f"{each[:_SHOWN_BEFORE]}****{each[-_SHOWN_AFTER:]}" for each in value.split(","))
