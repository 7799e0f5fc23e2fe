"""What is known of the law on advertisements in a run: who refused when, by which way. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.chaos.sequel import Receipt

ADS, ALL = "ads", "all"
QUIET_HOURS = "20:50-08:00"
"""The policy of an account for which nobody set another."""
_KST_S = 9 * 3600
_DAY_S = 86400
_LAW_OPENS_S, _LAW_CLOSES_S = 8 * 3600, 21 * 3600


@dataclass(slots=True)
class Refusal:
    """One number that is suppressed in an account. Times in seconds since 1970."""

    account: str
    number: str
    kind: str
    asked_at: float
    answered_at: float = inf
    """When it was acknowledged; infinite: nobody knows whether it was."""
    taken_back_at: float = inf
    """When somebody asked to take it back."""
    gone_at: float = inf
    """When that was acknowledged."""

    def covers(self, *, is_ad: bool) -> bool:
        """Return whether it keeps such a message back."""
        return is_ad or self.kind == ALL


@dataclass(slots=True)
class Refusals:
    """All of a run."""

    _of_number: dict[tuple[str, str], list[Refusal]] = field(default_factory=dict)

    def add(self, account: str, numbers: Iterable[str], kind: str, asked_at: float) -> list[Refusal]:
        """Note that somebody asks for these."""
        found = [Refusal(account, number, kind, asked_at) for number in numbers]
        for each in found:
            self._of_number.setdefault((account, each.number), []).append(each)
        return found

    def of(self, account: str, number: str) -> Sequence[Refusal]:
        """Return those of a number."""
        return self._of_number.get((account, number), ())

    def standing(self, account: str) -> list[Refusal]:
        """Return those of an account that nobody asked to take back."""
        return [
            each
            for (of, _), refusals in self._of_number.items()
            for each in refusals
            if of == account and each.taken_back_at == inf
        ]

    def binding(self, account: str, number: str, start: float, end: float, *, is_ad: bool) -> Refusal | None:
        """Return one that was in force all the time between."""
        for each in self.of(account, number):
            if each.covers(is_ad=is_ad) and each.answered_at < start and each.taken_back_at > end:
                return each
        return None

    def possible(self, account: str, number: str, start: float, end: float, *, is_ad: bool) -> bool:
        """Return whether one may have been in force at a moment between."""
        return any(
            each.covers(is_ad=is_ad) and each.asked_at <= end and each.gone_at >= start
            for each in self.of(account, number)
        )


@dataclass(slots=True)
class Law:
    """What a judgement needs to know."""

    refusals: Refusals = field(default_factory=Refusals)
    of_receipts: dict[tuple[str, str], list[Receipt]] = field(default_factory=dict)
    """Account and number → receipts that say that the recipient refuses."""
    once_a_day_since: float = inf
    """From then on the policy ad_gap_days is 1 in one account."""


def opens_between(quiet_hours: str, start: float, end: float) -> bool:
    """Return whether advertisements may go at a moment between, by a policy and in any case by the law."""
    begins, ends = (_seconds(text) for text in (quiet_hours or QUIET_HOURS).split("-"))
    opens, closes = max(ends, _LAW_OPENS_S), min(begins, _LAW_CLOSES_S)
    moment, last = start + _KST_S, end + _KST_S
    day = moment // _DAY_S * _DAY_S
    return any(day + d + opens <= last and moment < day + d + closes for d in (0, _DAY_S))


def is_day(at: float, for_s: float = 0.0) -> bool:
    """Return whether a policy could keep advertisements going for so long from a moment on."""
    of_day = (at + _KST_S) % _DAY_S
    return of_day >= _LAW_OPENS_S + 60 and of_day + for_s < _LAW_CLOSES_S - 900


def _seconds(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60
