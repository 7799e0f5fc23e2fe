"""The section of a report's page about another run beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.report.code_words import words_of
from plexsend.campaigns.report.page_parts import PageColumn, PageSection, PageTable
from plexsend.campaigns.report.plots import Plot, lying_bars
from plexsend.campaigns.report.row_fates import RowEnd
from plexsend.campaigns.report.shares import FEWEST, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.campaigns.report.against import ComparedCode, Comparison
    from plexsend.campaigns.report.page_words import PageWords
    from plexsend.campaigns.report.shares import ShareDifference


def against_section(words: PageWords, comparison: Comparison) -> PageSection:
    """Return the section: counts, rates, and their differences in percent points."""
    say, one, other = words.say, comparison.one, comparison.other
    heading = say(f"Against {other.written}", f"{other.written}와 비교")
    rate = say("success rate", "성공률")
    rows = [
        [say("rows", "전체"), f"{one.rows:,}", f"{other.rows:,}", "–"],
        *(
            [words.end(end), _of(each.part, each.whole), _of(each.other_part, each.other_whole), _apart(each)]
            for end, each in comparison.of_rows()
        ),
        _decided(rate, comparison.success, say),
        *(
            _decided(
                _code(words, each),
                each.difference,
                say,
            )
            for each in comparison.codes()
        ),
    ]
    table = PageTable(
        say("Two runs side by side", "두 발송 비교"),
        [
            PageColumn(say("of", "항목")),
            PageColumn(one.written, is_number=True),
            PageColumn(other.written, is_number=True),
            PageColumn(
                say("difference in percent points (95 of 100 cases)", "차이 %p (95% 구간)"), is_number=True
            ),
        ],
        rows,
    )
    both = [
        (each.written, [each.ends[RowEnd.SUCCESS], each.ends[RowEnd.FAILURE]], each.decided)
        for each in (one, other)
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
    return PageSection("against", heading, table, plot, list(verdicts(comparison, say)), is_wide=True)


def verdicts(comparison: Comparison, say: Callable[[str, str], str]) -> Iterator[str]:
    """Yield what may be concluded from the difference of the success rates, and what may not."""
    success = comparison.success
    yield say(
        "Success rate and codes are shares of the rows that are a success or a failure.",
        "성공률과 코드는 성공과 실패로 결정된 건 중의 비율입니다.",
    )
    if success.are_few:
        yield say(
            f"One of the runs has fewer than {FEWEST} such rows: too few to compare.",
            f"한쪽의 결정된 건이 {FEWEST}건보다 적어 비교하기에 부족합니다.",
        )
    elif success.may_be_chance:
        yield say(
            "The success rates differ no more than those of two equal runs may by chance.",
            "성공률의 차이는 우연일 수 있는 범위 안에 있습니다.",
        )
    else:
        yield say(
            "The success rates differ by more than chance explains.",
            "성공률의 차이는 우연으로 보기 어렵습니다.",
        )
    if comparison.is_early:
        yield say(
            "One of the runs has rows that are pending: the rates may still change.",
            "아직 대기 중인 건이 있어 비율이 달라질 수 있습니다.",
        )


def _decided(name: str, each: ShareDifference, say: Callable[[str, str], str]) -> list[str]:
    apart = say("too few", "건수 부족") if each.are_few else _apart(each)
    return [name, _of(each.part, each.whole), _of(each.other_part, each.other_whole), apart]


def _code(words: PageWords, each: ComparedCode) -> str:
    means = words_of(each.code, each.service, words.language, by_receipt=each.by_receipt)
    return f"{each.code} {means}"


def _of(part: int, whole: int) -> str:
    return f"{part:,} ({percent(part, whole)})"


def _apart(each: ShareDifference) -> str:
    points, bounds = each.points, each.bounds
    if points is None or bounds is None:
        return "–"
    return f"{points:+.1f} ({bounds[0]:+.1f} ~ {bounds[1]:+.1f})"
