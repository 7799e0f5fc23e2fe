"""What a day's messages cost: the prices and billed states that a person had set by that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from plexsend.outbox.policies.changes import history
from plexsend.outbox.policies.in_force import Agreed, PersonsValue
from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.policies.where import Where

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from plexsend.outbox.policies.changes import Change
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.states import State

_PRICE, _BILLED = ROWS["price"], ROWS["billed"]


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a service of an account costs on a day."""

    price: Decimal | None
    """Won a message; None: nobody set one."""
    billed: frozenset[State]
    """The states of messages that are paid for."""


class PriceList:
    """Pricing by day: an old month costs what it cost, whatever is set today.

    What was set in the course of a day holds for the whole of it. Before anything was set, what was set first
    holds: a price that is set late in its month counts for all of it.

    Args:
        agreed: What is set now.
        changes: What persons changed, oldest first.
    """

    def __init__(self, agreed: Agreed, changes: Iterable[Change]) -> None:
        self._agreed = agreed
        self._changes = [change for change in changes if change.name in (_PRICE.name, _BILLED.name)]
        self._by_account: dict[str, list[tuple[date, Agreed]]] = {}
        self._known: dict[tuple[str, str, date], Pricing] = {}

    @classmethod
    def read(cls, store: Store) -> PriceList:
        """Read what persons set, and when."""
        return cls(read_to_show(store), history(store))

    def pricing(self, account: str, service: str, day: date) -> Pricing:
        """Return what a service of an account costs on a day."""
        found = self._known.get((account, service, day))
        if found is None:
            billed = self._value(account, service, day, _BILLED.name)
            found = Pricing(self._value(account, service, day, _PRICE.name), frozenset(billed))
            self._known[account, service, day] = found
        return found

    def _value(self, account: str, service: str, day: date, name: str) -> Any:
        row = ROWS[name]
        set_before = set_after = None
        for since, agreed in self._moments(account):
            found = agreed.set_value(row, service, account)
            if since <= day:
                set_before = (found[1].value if found else "") if found or set_before is not None else None
            elif found and set_after is None:
                set_after = found[1].value
        text = set_before if set_before is not None else set_after
        if text is None:
            text = self._agreed.text(row, service, account)
        return row.value(text or row.default)

    # Days on which something was set, and what was set by then.
    def _moments(self, account: str) -> list[tuple[date, Agreed]]:
        found = self._by_account.get(account)
        if found is None:
            zone = find_zone(self._agreed.of(account).zone)
            values: dict[tuple[Where, str], PersonsValue] = {}
            found = []
            for change in self._changes:
                place = Where.parse(change.where), change.name
                values.pop(place, None)
                if change.value is not None:
                    values[place] = PersonsValue(change.value, change.by, change.reason, change.at_ms)
                since = datetime.fromtimestamp(change.at_ms / 1000, zone or UTC).date()
                found.append((since, Agreed(set_values=dict(values))))
            self._by_account[account] = found
        return found
