"""Words of a report's page: in its language, with times in its zone."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from plexsend.campaigns.report.code_words import words_of
from plexsend.campaigns.report.page_parts import PageColumn
from plexsend.campaigns.report.row_fates import end_words, fate_words

if TYPE_CHECKING:
    from plexsend.campaigns.report.figures import CampaignReport, CodeCount
    from plexsend.campaigns.report.languages import Language
    from plexsend.campaigns.report.row_fates import RowEnd, RowFate

_SHORT_MS = 20 * 60_000
"""Where all times are nearer to one another, their seconds are shown."""


class PageWords:
    """The words of one page.

    Args:
        report: What it is about.
        language: In which language.
    """

    def __init__(self, report: CampaignReport, language: Language) -> None:
        self.report = report
        self.language = language
        self.say = language.choose
        """Chooses between English and Korean."""
        self.rows = PageColumn(self.say("rows", "건수"), is_number=True)
        self.share = PageColumn(self.say("share", "비율"), is_number=True)

    def end(self, end: RowEnd) -> str:
        """Return an outcome in words."""
        return end_words(end, self.language)

    def fate(self, fate: RowFate) -> str:
        """Return a fate in words."""
        return fate_words(fate, self.language)

    def meaning(self, count: CodeCount) -> str:
        """Return what a code means; of none, the fate of its rows."""
        words = words_of(count.code, count.service, self.language, by_receipt=count.by_receipt)
        return words or self.fate(count.fate)

    def code(self, count: CodeCount) -> str:
        """Return a code with what it means."""
        return f"{count.code} {self.meaning(count)}" if count.code else self.meaning(count)

    def moment(self, at_ms: int) -> str:
        """Return a time of the plots: without the day where all are of one, and mostly without seconds."""
        cell = self.report.clock.cell(at_ms)
        shown = cell[11:] if self._is_one_day else cell[5:]
        # Where a run stands now is seldom a whole minute.
        return shown[:-3] if self._is_by_minute and shown.endswith(":00") else shown

    @cached_property
    def _times(self) -> list[int]:
        spans, pace = self.report.results, self.report.pace
        return [span.from_ms for span in spans] + [point.at_ms for point in pace]

    @cached_property
    def _is_one_day(self) -> bool:
        return len({self.report.clock.cell(each)[:10] for each in self._times}) == 1

    @cached_property
    def _is_by_minute(self) -> bool:
        return not self._times or max(self._times) - min(self._times) >= _SHORT_MS

    @property
    def untimed(self) -> str:
        """Return how many rows are missing where times are shown, and why."""
        rows = self.report.untimed
        if self.report.has_archive:
            return self.say(
                f"{rows:,} rows are missing here: neither their records nor the archive say when they went.",
                f"{rows:,}건은 기록도 보관 파일도 없어 시각을 알 수 없으므로 빠져 있습니다.",
            )
        return self.say(
            f"{rows:,} rows are missing here: their records are gone. --archive DIR looks into an archive.",
            f"{rows:,}건은 기록이 지워져 시각을 알 수 없으므로 빠져 있습니다. --archive DIR로 보관 파일에서 "
            "찾습니다.",
        )
