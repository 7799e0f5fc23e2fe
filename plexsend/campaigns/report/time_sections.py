"""Sections of a report's page about times: when results were known, and the pace against the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.report.page_parts import PageColumn, PageSection, PageTable
from plexsend.campaigns.report.plots import Plot, Series, lines, standing_bars
from plexsend.campaigns.report.row_fates import RowEnd

if TYPE_CHECKING:
    from plexsend.campaigns.report.figures import ResultSpan
    from plexsend.campaigns.report.page_words import PageWords

_KNOWN = (RowEnd.SUCCESS, RowEnd.FAILURE, RowEnd.EXCLUDED)
"""Outcomes of which it is known when they were known."""


def time_section(words: PageWords) -> PageSection:
    """Return the section with what became known when."""
    say, report = words.say, words.report
    heading = say("Results over time", "시간별 결과")
    if not report.results:
        return PageSection("time", heading, notes=[say("No result is known yet.", "아직 결과가 없습니다.")])
    shown = [end for end in _KNOWN if any(span.ends.get(end) for span in report.results)]
    names = [words.end(end) for end in shown]
    bars = [(_span(words, span), [span.ends.get(end, 0) for end in shown]) for span in report.results]
    most = max(bars, key=lambda bar: sum(bar[1]))
    text = say(
        f"Most results came from {most[0]} on: {sum(most[1]):,}.",
        f"{most[0]}부터의 결과가 {sum(most[1]):,}건으로 가장 많습니다.",
    )
    series = [Series(end.value, name) for end, name in zip(shown, names, strict=True)]
    table = PageTable(
        say("Results by the time at which they were known", "결과가 확인된 시각별 건수"),
        [
            PageColumn(report.clock.title(say("from", "시작 시각"))),
            *(PageColumn(name, is_number=True) for name in names),
        ],
        [[words, *(f"{value:,}" for value in values)] for words, values in bars],
    )
    notes = [words.untimed] if report.untimed else []
    return PageSection(
        "time",
        heading,
        table,
        standing_bars(Plot("time", heading, text, words.language), series, bars),
        notes,
    )


def _span(words: PageWords, span: ResultSpan) -> str:
    moment = words.moment(span.from_ms)
    return moment if span.until_ms is not None else words.say(f"{moment} and later", f"{moment} 이후")


def pace_section(words: PageWords) -> PageSection:
    """Return the section with what was sent by when, and what was to be."""
    say, report = words.say, words.report
    heading = say("Pace against plan", "계획 대비 진행")
    if not report.pace:
        return PageSection(
            "pace", heading, notes=[say("Nothing has gone yet.", "아직 발송된 건이 없습니다.")]
        )
    actual, planned = say("sent", "발송"), say("planned", "계획")
    has_plan = report.plan is not None
    series = [Series("actual", actual), *([Series("plan", planned)] if has_plan else [])]
    first, last = report.pace[0].at_ms, report.pace[-1].at_ms
    points = [
        (
            (point.at_ms - first) / max(1, last - first),
            [point.sent, *([point.planned] if has_plan else [])],
        )
        for point in report.pace
    ]
    reached = [point for point in report.pace if point.sent is not None][-1]
    text = say(
        f"{reached.sent or 0:,} sent by {words.moment(reached.at_ms)}",
        f"{words.moment(reached.at_ms)}까지 {reached.sent or 0:,}건 발송",
    ) + (
        say(f", {reached.planned or 0:,} planned.", f", 계획 {reached.planned or 0:,}건.")
        if has_plan
        else "."
    )
    table = PageTable(
        say("Rows that the gateway had taken by then", "해당 시각까지 접수된 건수"),
        [
            PageColumn(report.clock.title(say("until", "시각"))),
            PageColumn(actual, is_number=True),
            *([PageColumn(planned, is_number=True)] if has_plan else []),
        ],
        [
            [
                words.moment(point.at_ms),
                "–" if point.sent is None else f"{point.sent:,}",
                *([f"{point.planned or 0:,}"] if has_plan else []),
            ]
            for point in report.pace
        ],
    )
    notes = [words.untimed] if report.untimed else []
    if report.plan is not None and report.plan.is_moved:
        notes.append(
            say(
                "The plan is that of the check, moved to when the run was started.",
                "계획은 점검 때의 것을 실제 시작 시각에 맞춘 것입니다.",
            )
        )
    if not has_plan:
        notes.append(
            say("The check of this run kept no plan.", "이 발송의 점검에는 계획이 남아 있지 않습니다.")
        )
    moments = [words.moment(point.at_ms) for point in report.pace]
    return PageSection(
        "pace",
        heading,
        table,
        lines(Plot("pace", heading, text, words.language), series, moments, points),
        notes,
    )
