"""How the report of a run is shown: tables for people, an object for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.terminal.amounts import won
from plexsend.terminal.moments import utc
from plexsend.terminal.tables import Column

if TYPE_CHECKING:
    from decimal import Decimal

    from plexsend.campaigns.report.against import Comparison
    from plexsend.campaigns.report.figures import CampaignReport, CodeCount
    from plexsend.campaigns.report.languages import Language
    from plexsend.campaigns.report.shares import ShareDifference
    from plexsend.terminal.screen import Screen

_MOST_CODES = 10


def show_report(screen: Screen, report: CampaignReport, language: Language) -> None:
    """Show what became of the rows of a run, with the codes of those that failed."""
    from plexsend.campaigns.report.figures import ORDER
    from plexsend.campaigns.report.row_fates import RowEnd, RowFate, end_of, end_words, fate_words
    from plexsend.campaigns.report.shares import percent
    from plexsend.outbox.runs.states import run_word

    say = language.choose
    state = run_word(report.state, language.value)
    why = f": {report.why}" if report.why else ""
    screen.say(f"{report.label or report.name} ({report.written}), {state}{why}", style="bold")
    screen.say()
    order = {end: place for place, end in enumerate(ORDER)}
    fates = sorted(
        (fate for fate in RowFate if report.fates.get(fate)),
        key=lambda fate: (order[end_of(fate)], -report.fates[fate]),
    )
    rows, share = say("rows", "건수"), say("share", "비율")
    screen.table(
        [
            Column(say("fate", "상태"), style="bold"),
            Column(say("outcome", "결과")),
            Column(rows, right=True),
            Column(share, right=True),
        ],
        [
            [
                fate_words(fate, language),
                end_words(end_of(fate), language),
                f"{report.fates[fate]:,}",
                percent(report.fates[fate], report.rows),
            ]
            for fate in fates
        ],
        empty=say("The run has no rows.", "대상이 없습니다."),
    )
    screen.say()
    parts = " + ".join(f"{end_words(end, language)} {report.ends[end]:,}" for end in ORDER)
    screen.say(f"{parts} = {say('all rows', '전체')} {report.rows:,}")
    failed = [count for count in (*report.codes, *report.codeless) if count.end is RowEnd.FAILURE]
    if failed:
        screen.say()
        screen.table(
            [
                Column(say("code", "코드"), style="bold"),
                Column(say("meaning", "뜻"), folds=True),
                Column(rows, right=True),
                Column(share, right=True),
            ],
            [
                [
                    count.code or "-",
                    _meaning(count, language),
                    f"{count.rows:,}",
                    percent(count.rows, report.rows),
                ]
                for count in failed[:_MOST_CODES]
            ],
        )
    if report.won is not None:
        screen.say()
        screen.say(f"{say('Cost', '비용')}: {won(report.won)} {say('won', '원')}")


def _meaning(count: CodeCount, language: Language) -> str:
    from plexsend.campaigns.report.code_words import words_of
    from plexsend.campaigns.report.row_fates import fate_words

    words = words_of(count.code, count.service, language, by_receipt=count.by_receipt)
    return words or fate_words(count.fate, language)


def show_comparison(screen: Screen, comparison: Comparison, language: Language) -> None:
    """Show two runs side by side, and how far they are apart."""
    from plexsend.campaigns.report.comparing import compared_rows, compared_titles, verdicts

    screen.say()
    first, *others = compared_titles(comparison, language)
    screen.table(
        [Column(first, style="bold", folds=True), *(Column(title, right=True) for title in others)],
        compared_rows(comparison, language),
    )
    screen.say()
    for sentence in verdicts(comparison, language):
        screen.say(sentence, wraps=True)


def report_facts(report: CampaignReport) -> dict[str, object]:
    """Return a report for programs. `won` is what those with a price cost, null where none has one."""
    from plexsend.campaigns.report.languages import Language
    from plexsend.campaigns.report.row_fates import RowFate

    return {
        "name": report.name,
        "run": report.number,
        "label": report.label,
        "state": report.state.value,
        "why": report.why or None,
        "rows": report.rows,
        **{end.value: rows for end, rows in report.ends.items()},
        "fates": {fate.value: report.fates.get(fate, 0) for fate in RowFate},
        "fallback": report.fallbacks,
        "codes": [
            {
                "code": count.code,
                "outcome": count.end.value,
                "fate": count.fate.value,
                "service": count.service,
                "words": _meaning(count, Language.ENGLISH),
                "korean": _meaning(count, Language.KOREAN),
                "rows": count.rows,
            }
            for count in report.codes
        ],
        "carriers": [
            {"carrier": each.carrier, **{end.value: rows for end, rows in each.ends.items()}}
            for each in report.carriers
        ],
        "won": _plain(report.won),
        "unpriced": report.unpriced,
        "planned_won": _plain(report.plan.won) if report.plan else None,
        "started_at": utc(report.started_ms or None),
        "ended_at": utc(report.ended_ms or None),
        "untimed": report.untimed,
        "generated_at": utc(report.generated_ms),
    }


def comparison_facts(comparison: Comparison) -> dict[str, object]:
    """Return two runs side by side for programs; points are percent points."""
    return {
        "against": comparison.other.written,
        "other": report_facts(comparison.other),
        "differences": {
            **{f"{end.value}_of_rows": _apart(each) for end, each in comparison.of_rows()},
            "success_of_decided": _apart(comparison.success),
        },
    }


def _apart(each: ShareDifference) -> dict[str, object]:
    bounds = each.bounds
    return {
        "points": None if each.points is None else round(each.points, 2),
        "low": None if bounds is None else round(bounds[0], 2),
        "high": None if bounds is None else round(bounds[1], 2),
        "few": each.are_few,
    }


def _plain(won: Decimal | None) -> int | float | None:
    if won is None:
        return None
    return int(won) if won == won.to_integral_value() else float(won)
