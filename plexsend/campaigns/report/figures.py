"""What a report says, as plain data: counts, codes, carriers, times, pace and cost of one run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from plexsend.campaigns.report.row_fates import RowEnd, RowFate, end_of
from plexsend.outbox.runs.states import OVER
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from plexsend.outbox.runs.states import RunState

ORDER = (RowEnd.SUCCESS, RowEnd.FAILURE, RowEnd.PENDING, RowEnd.EXCLUDED)
"""In which outcomes are shown."""


@dataclass(frozen=True, slots=True)
class CodeCount:
    """Rows of which the same code was said."""

    end: RowEnd
    fate: RowFate
    code: str
    """Empty: nobody said one."""
    service: str
    by_receipt: bool
    rows: int


@dataclass(frozen=True, slots=True)
class CarrierCount:
    """Rows that went through one carrier, as receipts say."""

    carrier: str
    """Empty: it is not known through whom they went."""
    ends: Mapping[RowEnd, int]

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.ends.values())


@dataclass(frozen=True, slots=True)
class ResultSpan:
    """What became known in a span of time. Rows, by outcome."""

    from_ms: int
    until_ms: int | None
    """None: all that was later."""
    ends: Mapping[RowEnd, int]


@dataclass(frozen=True, slots=True)
class PacePoint:
    """How far the run was, and was to be, at a moment. In rows that the gateway took."""

    at_ms: int
    sent: int | None
    """None: the moment has not come yet."""
    planned: int | None
    """None: nothing was planned."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What the check of the run expected."""

    messages: int
    starts_ms: int
    ends_ms: int
    won: Decimal | None = None
    """None: no price was set."""
    course: tuple[tuple[int, int], ...] = ()
    """Moments (ms), and how many messages were to be sent by then; hours in which nothing goes are in it."""

    is_moved: bool = False
    """Whether it was moved to when a person started the run: the check did not know that."""

    def started_at(self, at_ms: int) -> Self:
        """Return it as though the run had been expected to start then."""
        by_ms = at_ms - self.starts_ms
        course = tuple((moment + by_ms, messages) for moment, messages in self.course)
        return replace(self, starts_ms=at_ms, ends_ms=self.ends_ms + by_ms, course=course, is_moved=True)

    def expected(self, at_ms: int) -> int:
        """Return how many messages were to be sent by then."""
        course = self.course or ((self.starts_ms, 0), (self.ends_ms, self.messages))
        before = course[0]
        for moment in course:
            if at_ms < moment[0]:
                passed = max(0, at_ms - before[0]) / max(1, moment[0] - before[0])
                return round(before[1] + (moment[1] - before[1]) * passed)
            before = moment
        return before[1]


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """What the messages of one service cost so far."""

    service: str
    billed: int
    """Messages; a row with a fallback may have two."""
    won: Decimal
    unpriced: int
    """Of the billed ones those for which no price was set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReport:
    """One run at one moment. Times are ms since 1970, 0 where there is none."""

    written: str
    """As people write the run: `NAME/3`."""
    label: str = ""
    account: str
    service: str
    state: RunState
    why: str = ""
    why_by: str = ""
    why_since_ms: int = 0
    source: str = ""
    """The rows of another run that it is for: `NAME~2 failed`."""
    created_ms: int = 0
    starts_ms: int = 0
    started_ms: int = 0
    ended_ms: int = 0
    generated_ms: int
    clock: WallClock = field(default_factory=WallClock)
    fates: Mapping[RowFate, int]
    fallbacks: int = 0
    """Rows whose outcome is that of a fallback."""
    codes: tuple[CodeCount, ...] = ()
    carriers: tuple[CarrierCount, ...] = ()
    results: tuple[ResultSpan, ...] = ()
    pace: tuple[PacePoint, ...] = ()
    plan: RunPlan | None = None
    costs: tuple[ServiceCost, ...] = ()
    untimed: int = 0
    """Rows of whose message nobody knows any more when it went, or with which code it ended."""
    has_archive: bool = False
    """Whether an archive was looked through too."""

    @property
    def name(self) -> str:
        """The campaign's name."""
        return self.written.partition("/")[0]

    @property
    def number(self) -> int:
        """Which run of its campaign it is, 1 the first."""
        return int(self.written.partition("/")[2])

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.fates.values())

    @property
    def ends(self) -> dict[RowEnd, int]:
        """Outcome → rows; they add up to all rows."""
        found = dict.fromkeys(ORDER, 0)
        for fate, rows in self.fates.items():
            found[end_of(fate)] += rows
        return found

    @property
    def is_final(self) -> bool:
        """Whether its counts stay as they are: a run that is done may still wait for receipts."""
        return self.state in OVER and not self.ends[RowEnd.PENDING]

    @property
    def decided(self) -> int:
        """Rows that are a success or a failure."""
        ends = self.ends
        return ends[RowEnd.SUCCESS] + ends[RowEnd.FAILURE]

    @property
    def codeless(self) -> tuple[CodeCount, ...]:
        """Rows that failed without a code, by what became of them."""
        rest = {fate: rows for fate, rows in self.fates.items() if end_of(fate) is RowEnd.FAILURE}
        for count in self.codes:
            if count.fate in rest:
                rest[count.fate] -= count.rows
        found = [
            CodeCount(RowEnd.FAILURE, fate, "", self.service, by_receipt=False, rows=rows)
            for fate, rows in rest.items()
        ]
        return tuple(sorted((each for each in found if each.rows > 0), key=lambda each: -each.rows))

    @property
    def won(self) -> Decimal | None:
        """What it cost so far, of what has a price; None: nothing has one."""
        priced = [cost for cost in self.costs if cost.billed > cost.unpriced]
        return sum((cost.won for cost in priced[1:]), priced[0].won) if priced else None

    @property
    def unpriced(self) -> int:
        """Billed messages for which no price was set."""
        return sum(cost.unpriced for cost in self.costs)
