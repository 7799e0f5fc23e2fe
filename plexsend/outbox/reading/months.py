"""A month of counts: its days, and until when what they hold may still change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from plexsend.errors import UsageError
from plexsend.outbox.policies.midnights import find_zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.policies.in_force import Agreed

_FORM = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a year."""

    first: date

    @classmethod
    def parse(cls, text: str) -> Month:
        """Return the month that `2026-11` names; UsageError for any other text."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise UsageError(f"{text[:20]!r} is not a month. Write it as 2026-11.")
        return cls(date(int(found[1]), int(found[2]), 1))

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month of a day."""
        return cls(day.replace(day=1))

    @property
    def after(self) -> date:
        """The first day behind it."""
        return (self.first + timedelta(days=31)).replace(day=1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    def __str__(self) -> str:
        """Return it as a person writes it."""
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True)
class StillOpen:
    """Until when the counts of a month may change. Times in ms since 1970."""

    receipts_until_ms: int
    """Until then receipts are waited for: accepted becomes delivered, undelivered or unknown."""
    changes_until_ms: int
    """From then on no record is left of what ended in it, so nothing can change."""


def still_open(agreed: Agreed, month: Month, served: Iterable[tuple[str, str]]) -> StillOpen:
    """Return until when a month may change, by the policies as they are now.

    Args:
        agreed: What the fleet agreed on.
        month: Which month.
        served: The accounts and services of its messages.
    """
    receipts = changes = 0
    for account, service in set(served):
        policies = agreed.of(account)
        zone = find_zone(policies.zone) or UTC
        end_ms = round(datetime.combine(month.after, time(), zone).timestamp() * 1000)
        waited_ms = end_ms + round(policies.service(service).receipt_wait_h * _HOUR_MS)
        kept_ms = end_ms + round(float(policies.account_wide("keep_days")) * 24 * _HOUR_MS)
        receipts = max(receipts, waited_ms)
        changes = max(changes, waited_ms, kept_ms)
    return StillOpen(receipts, changes)
