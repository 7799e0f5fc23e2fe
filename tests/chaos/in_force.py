"""Which policies were in force when, as far as it was looked at, and what asked for them. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COUNTS_ON_S = 540.0
"""An ask counts until ten minutes after its process was last seen; this is a minute less, to be safe."""


@dataclass(slots=True)
class Reading:
    """The policies of an account, the same at every look of some time. Times in seconds since 1970."""

    after: float
    """Of the last look that showed something else; 0: there was none."""
    first: float
    last: float
    values: Mapping[str, str]
    """`rate_per_s:mms-bulk`, or `keep_days` for what holds for the whole account → value."""


@dataclass(slots=True)
class Policies:
    """What was in force, account by account."""

    _readings: dict[str, list[Reading]] = field(default_factory=dict)

    def note(self, account: str, at: float, values: Mapping[str, str]) -> Mapping[str, str]:
        """Note what a look showed, and return what the last one before it did."""
        of_account = self._readings.setdefault(account, [])
        before = of_account[-1] if of_account else Reading(0.0, 0.0, 0.0, {})
        if of_account and before.values == values:
            before.last = at
        else:
            of_account.append(Reading(before.last, at, at, dict(values)))
        return before.values

    def readings(self, account: str) -> Iterator[Reading]:
        """Yield what was read, the oldest first."""
        yield from self._readings.get(account, ())

    def possible(self, account: str, name: str, start: float, end: float) -> set[str]:
        """Return each value that may have been in force at a moment between; the default as an empty text.

        Nothing at all where nobody has looked.
        """
        return {value for value, _, _ in self.spans(account, name, start, end)}

    def spans(self, account: str, name: str, start: float, end: float) -> Iterator[tuple[str, float, float]]:
        """Yield the same with the part of that time in which it may have been in force."""
        of_account = self._readings.get(account, [])
        for i, reading in enumerate(of_account):
            until = of_account[i + 1].first if i + 1 < len(of_account) else inf
            if reading.after <= end and start <= until:
                yield reading.values.get(name, ""), max(start, reading.after), min(end, until)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a process asks for in its environment, and from when to when that must count."""

    process: str
    name: str
    """As in a reading."""
    value: str
    since: float
    until: float = inf


@dataclass(slots=True)
class SetValue:
    """A value that a person set. Its end is infinite until somebody asks for it."""

    where: str
    """`mms-bulk`, `mms-bulk@main`, `@main` or `all`."""
    name: str
    """Of the policy, such as `rate_per_s`."""
    value: str
    asked_at: float
    answered_at: float = inf
    end_asked_at: float = inf
    ended_at: float = inf

    def is_for(self, account: str, name: str) -> bool:
        """Return whether it would decide this policy of a reading in that account."""
        policy, _, service = name.partition(":")
        own_service, _, own_account = self.where.partition("@")
        return (
            self.name == policy
            and own_account in ("", account)
            and (self.where == "all" or own_service in ("", service))
        )

    def may_hold(self, moment: float) -> bool:
        """Return whether it may be in force then."""
        return self.asked_at <= moment <= self.ended_at

    def holds(self, moment: float) -> bool:
        """Return whether it must be in force then."""
        return self.answered_at <= moment <= self.end_asked_at


_CAREFUL = ("park", "receipt", "resend")


def is_as_strict(name: str, value: str, ask: str) -> bool:
    """Return whether a value in force keeps what was asked for."""
    policy = name.partition(":")[0]
    if policy == "on_uncertain":
        return _CAREFUL.index(value) <= _CAREFUL.index(ask)
    if policy == "rate_per_s":
        # 0 is no limit, the loosest of all.
        return (float(value) or inf) <= (float(ask) or inf)
    if policy == "connections":
        return float(value) <= float(ask)
    return float(value) >= float(ask)
