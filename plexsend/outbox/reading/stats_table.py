"""Counts by day as people want them: added up by day, service, lane and so on, with what it costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.outbox.reading.stats import OfChain
from plexsend.outbox.states import BY_RECEIPT, FINAL, OUTCOME_OF, ResultOutcome, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.reading.prices import PriceList
    from plexsend.outbox.reading.stats import DayCount


class By(StrEnum):
    """What one line of the table is about."""

    DAY = "day"
    SERVICE = "service"
    ACCOUNT = "account"
    LANE = "lane"
    CODE = "code"
    CARRIER = "carrier"

    @property
    def knows_submitted(self) -> bool:
        """Whether a message belongs to a line as soon as it is submitted; only what ended has a code."""
        return self not in (By.CODE, By.CARRIER)


@dataclass(slots=True)
class StatsLine:
    """What one line adds up."""

    subject: str
    """The day, service, account, lane, code or carrier."""
    submitted: int = 0
    states: Counter[State] = field(default_factory=Counter)
    joined: Counter[State] = field(default_factory=Counter)
    """Of the messages in each state those whose outcome counts by the other one of their chain."""
    reached: int = 0
    """Fallbacks that were delivered."""
    billed: int = 0
    won: Decimal = Decimal(0)
    unpriced: int = 0
    """Of the billed messages those whose service has no price."""
    said_of: str = ""
    """A service of its messages; by it a code is read."""
    by_receipt: bool = False
    """Whether a receipt said the code."""

    def add(self, count: DayCount, prices: PriceList) -> None:
        """Add what was counted of a day."""
        if count.state is None:
            self.submitted += count.messages
            return
        if count.of_chain is OfChain.JOINED:
            self.joined[count.state] += count.messages
            return
        if count.of_chain is OfChain.REACHED:
            self.reached += count.messages
            return
        self.states[count.state] += count.messages
        self.said_of = self.said_of or count.service
        self.by_receipt = self.by_receipt or count.state in BY_RECEIPT
        pricing = prices.pricing(count.account, count.service, count.day)
        if count.state in pricing.billed:
            self.billed += count.messages
            if pricing.price is None:
                self.unpriced += count.messages
            else:
                self.won += pricing.price * count.messages

    def outcome(self, outcome: ResultOutcome) -> int:
        """Return how many messages ended with this outcome, or have not got theirs yet.

        A message and its fallback are one: where that went, its outcome counts.
        """
        return sum(self.states[state] - self.joined[state] for state in FINAL if OUTCOME_OF[state] is outcome)

    @property
    def fallbacks(self) -> int:
        """Messages in whose place a fallback was sent. A fallback that was called back ended as cancelled."""
        return sum(messages for state, messages in self.joined.items() if state is not State.CANCELLED)

    @property
    def both(self) -> int:
        """Of them those that were delivered after all."""
        return self.joined[State.DELIVERED]


@dataclass(frozen=True, slots=True)
class StatsTable:
    """Lines in the order of their subjects, and their sum."""

    by: By
    lines: tuple[StatsLine, ...]
    total: StatsLine
    unpriced: tuple[str, ...]
    """Services with billed messages that have no price."""


def add_up(counts: Iterable[DayCount], prices: PriceList, by: By) -> StatsTable:
    """Return what was counted as a table; the counts are read once, a line is kept for each subject."""
    lines: dict[str, StatsLine] = {}
    total = StatsLine("total")
    unpriced: set[str] = set()
    for count in counts:
        if count.state is not None or by.knows_submitted:
            subject = _subject(count, by)
            lines.setdefault(subject, StatsLine(subject)).add(count, prices)
        before = total.unpriced
        total.add(count, prices)
        if total.unpriced > before:
            unpriced.add(count.service)
    return StatsTable(by, tuple(lines[name] for name in sorted(lines)), total, tuple(sorted(unpriced)))


def _subject(count: DayCount, by: By) -> str:
    match by:
        case By.DAY:
            return f"{count.day:%Y-%m-%d}"
        case By.SERVICE:
            return count.service
        case By.ACCOUNT:
            return count.account
        case By.LANE:
            return count.lane
        case By.CODE:
            return count.code
        case By.CARRIER:
            return count.carrier
