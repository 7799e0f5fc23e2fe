"""Rows added up for sums and plots, in memory that does not grow with their number."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from plexsend.campaigns.report.row_fates import RowEnd, RowFate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from plexsend.campaigns.report.rows import ReportRow
    from plexsend.outbox.states import State

SLOT_MS = 10_000
"""Times are counted in slots of ten seconds."""
_QUARTER_MS = 900_000
"""No zone is placed in parts of an hour smaller than a quarter."""


class CodeKey(NamedTuple):
    """What rows with one code share."""

    end: RowEnd
    fate: RowFate
    code: str
    service: str
    by_receipt: bool


class ChargeKey(NamedTuple):
    """What messages with one price share."""

    service: str
    state: State
    day: date | None
    """On which they ended, where the account is; None: nobody knows any more."""


@dataclass(slots=True)
class RowTally:
    """What rows add up to. Slots are tens of seconds since 1970."""

    zone: tzinfo | None = None
    """In which a day begins; None: UTC."""
    fates: Counter[RowFate] = field(default_factory=Counter)
    codes: Counter[CodeKey] = field(default_factory=Counter)
    carriers: defaultdict[str, Counter[RowEnd]] = field(default_factory=lambda: defaultdict(Counter))
    """Carrier that a receipt named → outcomes."""
    sent: Counter[int] = field(default_factory=Counter)
    """Slot in which the gateway took a message → rows."""
    results: Counter[tuple[int, RowEnd]] = field(default_factory=Counter)
    """Slot in which it was known what became of a row, and what → rows."""
    charges: Counter[ChargeKey] = field(default_factory=Counter)
    """Messages, of a chain both."""
    fallbacks: int = 0
    """Rows whose outcome is that of a fallback."""
    untimed: int = 0
    """Rows that have a message of which nobody knows any more when it went."""
    _day: Callable[[int], date] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the look-up of days, which messages share."""
        zone = self.zone or UTC
        self._day = lru_cache(maxsize=4_096)(
            lambda quarter: datetime.fromtimestamp(quarter * _QUARTER_MS / 1000, zone).date()
        )

    @property
    def rows(self) -> int:
        """All of them."""
        return self.fates.total()

    def add(self, row: ReportRow) -> None:
        """Add one row."""
        end, message = row.end, row.message
        self.fates[row.fate] += 1
        self.fallbacks += row.is_fallback
        for charged in row.charged:
            day = None if charged.ended_ms is None else self._day(charged.ended_ms // _QUARTER_MS)
            self.charges[ChargeKey(charged.service, charged.state, day)] += 1
        if message is None:
            self.untimed += bool(row.msg_key)
            return
        if message.code:
            self.codes[CodeKey(end, row.fate, message.code, row.service, message.by_receipt)] += 1
        if message.carrier:
            self.carriers[message.carrier][end] += 1
        sent_ms = message.sent_ms
        if sent_ms is not None:
            self.sent[sent_ms // SLOT_MS] += 1
        known_ms = message.done_ms or message.ended_ms
        if end is not RowEnd.PENDING and known_ms is not None:
            self.results[known_ms // SLOT_MS, end] += 1
