"""Sections of a report's page about outcomes: in sum, by code and by carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.report.figures import ORDER
from plexsend.campaigns.report.page_parts import PageColumn, PageSection, PageTable
from plexsend.campaigns.report.plots import Plot, lying_bars
from plexsend.campaigns.report.row_fates import RowEnd, RowFate, end_of
from plexsend.campaigns.report.shares import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.report.page_words import PageWords

_MOST_CODES = 12


def outcomes_section(words: PageWords) -> PageSection:
    """Return the section with all rows by their fates and outcomes."""
    say, report = words.say, words.report
    ends = report.ends
    fates = [fate for fate in RowFate if report.fates.get(fate)]
    order = {end: place for place, end in enumerate(ORDER)}
    fates.sort(key=lambda fate: (order[end_of(fate)], -report.fates[fate]))
    heading = say("What became of the rows", "발송 결과")
    plot = lying_bars(
        Plot(
            "outcomes",
            heading,
            ", ".join(f"{words.end(end)} {ends[end]:,}" for end in ORDER),
        ),
        [
            (
                words.end(end),
                f"{ends[end]:,} · {percent(ends[end], report.rows)}",
                [(end.value, ends[end])],
            )
            for end in ORDER
        ],
    )
    table = PageTable(
        say("Rows by what became of them", "결과별 건수"),
        [PageColumn(say("fate", "상태")), PageColumn(say("outcome", "결과")), words.rows, words.share],
        [
            [
                words.fate(fate),
                words.end(end_of(fate)),
                f"{report.fates[fate]:,}",
                percent(report.fates[fate], report.rows),
            ]
            for fate in fates
        ],
        [say("all rows", "전체"), "", f"{report.rows:,}", percent(report.rows, report.rows)],
    )
    return PageSection("outcomes", heading, table, plot, list(_outcome_notes(words)))


def _outcome_notes(words: PageWords) -> Iterator[str]:
    say, report = words.say, words.report
    if report.fates.get(RowFate.AWAITED):
        yield say(
            "Accepted rows are pending until their receipt comes.",
            "접수된 건은 통신사 결과가 올 때까지 대기로 셉니다.",
        )
    if report.fallbacks:
        yield say(
            f"{report.fallbacks:,} rows have the outcome of their fallback. A row is counted once.",
            f"{report.fallbacks:,}건은 대체 발송의 결과입니다. 한 행은 한 번만 셉니다.",
        )


def codes_section(words: PageWords) -> PageSection:
    """Return the section with the codes and what they mean, failures in the plot."""
    say, report = words.say, words.report
    heading = say("By code", "코드별")
    counts = [*report.codes, *report.codeless]
    if not counts:
        return PageSection("codes", heading, notes=[say("No code is known yet.", "아직 코드가 없습니다.")])
    shown, others = counts[:_MOST_CODES], counts[_MOST_CODES:]
    more = sum(count.rows for count in others)
    failed = [count for count in shown if count.end is RowEnd.FAILURE]
    text = (
        say(
            f"Most failures: {words.code(failed[0])}, {failed[0].rows:,}.",
            f"가장 많은 실패 사유는 {words.code(failed[0])}, {failed[0].rows:,}건입니다.",
        )
        if failed
        else say("No row has failed.", "실패한 건이 없습니다.")
    )
    plot = lying_bars(
        Plot("codes", heading, text),
        [
            (words.code(count), f"{count.rows:,}", [(count.end.value, count.rows)])
            for count in (failed or shown)
        ],
    )
    table = PageTable(
        say("Rows by the code of their receipt or answer", "결과 코드별 건수"),
        [
            PageColumn(say("code", "코드")),
            PageColumn(say("meaning", "뜻")),
            PageColumn(say("outcome", "결과")),
            words.rows,
            words.share,
        ],
        [
            [
                count.code or "–",
                words.meaning(count),
                words.end(count.end),
                f"{count.rows:,}",
                percent(count.rows, report.rows),
            ]
            for count in shown
        ],
        [say("others", "그 밖"), "", "", f"{more:,}", percent(more, report.rows)] if more else (),
    )
    return PageSection("codes", heading, table, plot)


def carriers_section(words: PageWords) -> PageSection:
    """Return the section with the carriers that receipts named."""
    say, report = words.say, words.report
    heading = say("By carrier", "통신사별")
    if not report.carriers:
        none = say("No receipt has named a carrier.", "통신사를 알려 온 결과가 없습니다.")
        return PageSection("carriers", heading, notes=[none])
    ends = (RowEnd.SUCCESS, RowEnd.FAILURE)
    rows = [
        (each, each.ends.get(RowEnd.SUCCESS, 0), each.ends.get(RowEnd.FAILURE, 0)) for each in report.carriers
    ]
    names = [words.end(end) for end in ends]
    text = "; ".join(
        f"{each.carrier}: {names[0]} {success:,}, {names[1]} {failure:,}" for each, success, failure in rows
    )
    rate = say("success rate", "성공률")
    plot = lying_bars(
        Plot("carriers", heading, text),
        [
            (
                each.carrier,
                f"{each.rows:,} · {rate} {percent(success, success + failure)}",
                [(ends[0].value, success), (ends[1].value, failure)],
            )
            for each, success, failure in rows
        ],
    )
    table = PageTable(
        say("Results by carrier", "통신사별 결과"),
        [
            PageColumn(say("carrier", "통신사")),
            *(PageColumn(name, is_number=True) for name in names),
            PageColumn(rate, is_number=True),
        ],
        [
            [each.carrier, f"{success:,}", f"{failure:,}", percent(success, success + failure)]
            for each, success, failure in rows
        ],
    )
    known = sum(each.rows for each in report.carriers)
    unknown = report.decided - sum(success + failure for _, success, failure in rows)
    notes = (
        [
            say(
                f"Of {unknown:,} more results the carrier is not known.",
                f"결과 {unknown:,}건은 통신사를 알 수 없습니다.",
            )
        ]
        if known and unknown > 0
        else []
    )
    return PageSection("carriers", heading, table, plot, notes)
