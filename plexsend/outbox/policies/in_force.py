"""Which value of a policy is in force: pure functions over what the fleet has written down.

A person's value wins. Without one the strictest of what living processes ask for holds, and the last such
value stays when none asks any more. The default is only for what nobody ever asked for.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plexsend.gateway.ad_marks import AdMarks
from plexsend.outbox.policies.rows import EVERYWHERE, ROWS
from plexsend.outbox.policies.where import Where, nearest_first
from plexsend.settings import Policy, variables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.policies.rows import PolicyRow
    from plexsend.settings import QuietHours, RcsDialect


@dataclass(frozen=True, slots=True)
class PersonsValue:
    """What a person set, and why."""

    value: str
    by: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """All that the fleet has written down about policies."""

    epoch: int = 0
    """Goes up with every change."""
    set_values: Mapping[tuple[Where, str], PersonsValue] = field(default_factory=dict)
    """Where and the policy's name → what a person set."""
    asked: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Service (`all` for an account-wide policy) and name → the strictest value that was asked for last."""

    def set_value(
        self, row: PolicyRow, service: str | None, account: str
    ) -> tuple[Where, PersonsValue] | None:
        """Return the person's value that holds, and where it was set."""
        for where in nearest_first(service if row.per_service else None, account):
            found = self.set_values.get((where, row.name))
            if found is not None and row.is_readable(found.value):
                return where, found
        return None

    def text(self, row: PolicyRow, service: str | None, account: str) -> str | None:
        """Return the value in force as text; None where it is the default."""
        found = self.set_value(row, service, account)
        if found is not None:
            return found[1].value
        asked = self.asked.get((service or EVERYWHERE if row.per_service else EVERYWHERE, row.name))
        return asked if asked is not None and row.is_readable(asked) else None

    def of(self, account: str) -> PoliciesOf:
        """Return the policies of an account."""
        return PoliciesOf(self, account)


@dataclass(frozen=True, slots=True)
class PoliciesOf:
    """The policies in force of one account."""

    agreed: Agreed
    account: str

    def service(self, service: str) -> Policy:
        """Return what holds for a service; one that nobody ever named has what holds everywhere."""
        return Policy(**{name: self._value(ROWS[name], service) for name in variables_of(Policy)})

    @property
    def only_to(self) -> tuple[str, ...]:
        """The only numbers that are sent to; empty: all."""
        return tuple(self.account_wide("only_to"))

    @property
    def senders(self) -> tuple[str, ...]:
        """The numbers that may send, the default one first; empty: any."""
        return tuple(self.account_wide("senders"))

    @property
    def ad_marks(self) -> AdMarks:
        """What advertisements carry."""
        return AdMarks(str(self.account_wide("sender_name")), str(self.account_wide("refusal_number")))

    @property
    def origin_cid(self) -> str:
        """The code of the business that sends first; empty: none."""
        return str(self.account_wide("origin_cid"))

    @property
    def rcs_dialect(self) -> RcsDialect:
        """In which version of its interface the gateway is spoken to."""
        found: RcsDialect = self.account_wide("rcs_dialect")
        return found

    @property
    def zone(self) -> str:
        """The name of the zone of its days, and of times that are written without one."""
        return str(self.account_wide("time_zone"))

    @property
    def quiet_hours(self) -> QuietHours:
        """From when until when advertisements wait, in Korean time."""
        found: QuietHours = self.account_wide("quiet_hours")
        return found

    def account_wide(self, name: str) -> Any:
        """Return the value of a policy that has one for the whole account."""
        return self._value(ROWS[name], None)

    def _value(self, row: PolicyRow, service: str | None) -> Any:
        text = self.agreed.text(row, service, self.account)
        return row.value(row.default_for(service) if text is None else text)


def asks_for(asks: Mapping[str, Mapping[str, str]], services: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return what a process asks for that serves these services: nothing for any other."""
    served = {EVERYWHERE, *services}
    return {service: values for service, values in asks.items() if service in served}


def fields_of(agreed: Agreed, account: str, services: Iterable[str]) -> dict[str, str]:
    """Return the policies in force of an account as Redis holds them for the scripts, without defaults."""
    found: dict[str, str] = {}
    for row in ROWS.values():
        for service in services if row.per_service else (None,):
            text = agreed.text(row, service, account)
            if text is not None:
                found[row.name if service is None else f"{row.name}:{service}"] = text
    return found


def strictest(
    asks: Iterable[Mapping[str, Mapping[str, str]]], last: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """Return what is asked for now: the strictest of the asks, and the last value where there is none.

    Args:
        asks: Of each process: service (or `all`) → name → text. What cannot be read is left out.
        last: What was asked for until now, by service and name.
    """
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for of_process in asks:
        for service, values in of_process.items():
            for name, text in values.items():
                if name in ROWS and ROWS[name].is_readable(text):
                    wanted[service, name].add(ROWS[name].tidy(text))
    return {**last, **{pair: _strictest(ROWS[pair[1]], texts) for pair, texts in wanted.items()}}


def _strictest(row: PolicyRow, texts: Iterable[str]) -> str:
    return min(sorted(texts), key=lambda text: row.rank(row.value(text)))
