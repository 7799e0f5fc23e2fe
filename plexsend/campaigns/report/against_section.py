"""The section of a report's page about another run beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.report.comparing import compared_rows, compared_titles, verdicts
from plexsend.campaigns.report.page_parts import PageColumn, PageSection, PageTable
from plexsend.campaigns.report.plots import Plot, lying_bars
from plexsend.campaigns.report.row_fates import RowEnd
from plexsend.campaigns.report.shares import percent

if TYPE_CHECKING:
    from plexsend.campaigns.report.against import Comparison
    from plexsend.campaigns.report.page_words import PageWords


def against_section(words: PageWords, comparison: Comparison) -> PageSection:
    """Return the section: counts, rates, and their differences in percent points."""
    say, language = words.say, words.language
    heading = say(f"Against {comparison.other.written}", f"비교: {comparison.other.written}")
    rate = say("success rate", "성공률")
    first, *others = compared_titles(comparison, language)
    table = PageTable(
        say("Two runs side by side", "두 발송 비교"),
        [PageColumn(first), *(PageColumn(title, is_number=True) for title in others)],
        compared_rows(comparison, language),
    )
    both = [
        (each.written, [each.ends[RowEnd.SUCCESS], each.ends[RowEnd.FAILURE]], each.decided)
        for each in (comparison.one, comparison.other)
    ]
    text = "; ".join(f"{name}: {rate} {percent(parts[0], whole)}" for name, parts, whole in both)
    plot = lying_bars(
        Plot("against", heading, text),
        [
            (
                name,
                f"{rate} {percent(parts[0], whole)}",
                [
                    (end.value, part / whole if whole else 0)
                    for end, part in zip((RowEnd.SUCCESS, RowEnd.FAILURE), parts, strict=True)
                ],
            )
            for name, parts, whole in both
        ],
    )
    return PageSection("against", heading, table, plot, list(verdicts(comparison, language)), is_wide=True)
