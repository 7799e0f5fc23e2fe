"""Two runs side by side in words: a table that a page and a terminal show, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.report.code_words import words_of
from plexsend.campaigns.report.row_fates import end_words
from plexsend.campaigns.report.shares import FEWEST, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.report.against import ComparedCode, Comparison
    from plexsend.campaigns.report.languages import Language
    from plexsend.campaigns.report.shares import ShareDifference


def compared_titles(comparison: Comparison, language: Language) -> tuple[str, ...]:
    """Return the titles of the table's columns."""
    return (
        language.choose("of", "항목"),
        comparison.one.written,
        comparison.other.written,
        language.choose("difference in percent points (95 of 100 cases)", "차이 %p (95% 구간)"),
    )


def compared_rows(comparison: Comparison, language: Language) -> list[list[str]]:
    """Return the rows of the table: all rows and outcomes, the success rate, codes of failures."""
    one, other = comparison.one, comparison.other
    return [
        [language.choose("rows", "전체"), f"{one.rows:,}", f"{other.rows:,}", "–"],
        *(_row(end_words(end, language), each, _apart(each)) for end, each in comparison.of_rows()),
        _decided(language.choose("success rate", "성공률"), comparison.success, language),
        *(_decided(_code(each, language), each.difference, language) for each in comparison.codes()),
    ]


def verdicts(comparison: Comparison, language: Language) -> Iterator[str]:
    """Yield what may be concluded from the difference of the success rates, and what may not."""
    say, success = language.choose, comparison.success
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


def _decided(name: str, each: ShareDifference, language: Language) -> list[str]:
    return _row(name, each, language.choose("too few", "건수 부족") if each.are_few else _apart(each))


def _row(name: str, each: ShareDifference, apart: str) -> list[str]:
    return [name, _of(each.part, each.whole), _of(each.other_part, each.other_whole), apart]


def _code(each: ComparedCode, language: Language) -> str:
    return f"{each.code} {words_of(each.code, each.service, language, by_receipt=each.by_receipt)}"


def _of(part: int, whole: int) -> str:
    return f"{part:,} ({percent(part, whole)})"


def _apart(each: ShareDifference) -> str:
    points, bounds = each.points, each.bounds
    if points is None or bounds is None:
        return "–"
    return f"{points:+.1f} ({bounds[0]:+.1f} ~ {bounds[1]:+.1f})"
