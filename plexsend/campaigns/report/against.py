"""Two runs side by side: counts, rates, and how far these are apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns.report.figures import ORDER
from plexsend.campaigns.report.row_fates import RowEnd
from plexsend.campaigns.report.shares import ShareDifference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.report.figures import CampaignReport, CodeCount

_MOST_CODES = 10


@dataclass(frozen=True, slots=True)
class ComparedCode:
    """A code with which rows failed, in one run or in both."""

    code: str
    service: str
    by_receipt: bool
    difference: ShareDifference
    """Of the rows that are a success or a failure."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run and the one that it is compared with."""

    one: CampaignReport
    other: CampaignReport

    def of_rows(self) -> Iterator[tuple[RowEnd, ShareDifference]]:
        """Yield each outcome with its shares of all rows."""
        for end in ORDER:
            yield (
                end,
                ShareDifference(self.one.ends[end], self.one.rows, self.other.ends[end], self.other.rows),
            )

    @property
    def success(self) -> ShareDifference:
        """How many of those that are decided are a success."""
        one, other = self.one, self.other
        return ShareDifference(
            one.ends[RowEnd.SUCCESS], one.decided, other.ends[RowEnd.SUCCESS], other.decided
        )

    @property
    def is_early(self) -> bool:
        """Whether one of them has rows that are not decided yet."""
        return bool(self.one.ends[RowEnd.PENDING] or self.other.ends[RowEnd.PENDING])

    def codes(self) -> list[ComparedCode]:
        """Return the codes with which most rows failed."""
        mine, others = _failed(self.one), _failed(self.other)
        most = sorted((mine + others).items(), key=lambda each: (-each[1], each[0]))[:_MOST_CODES]
        return [
            ComparedCode(*key, ShareDifference(mine[key], self.one.decided, others[key], self.other.decided))
            for key, _ in most
        ]


def _failed(report: CampaignReport) -> Counter[tuple[str, str, bool]]:
    found: Counter[tuple[str, str, bool]] = Counter()
    for count in report.codes:
        if count.end is RowEnd.FAILURE:
            found[_key(count)] += count.rows
    return found


def _key(count: CodeCount) -> tuple[str, str, bool]:
    return count.code, count.service, count.by_receipt
