"""The section of a report's page about what a run costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.report.page_parts import PageColumn, PageSection, PageTable
from plexsend.campaigns.report.plots import Plot, lying_bars
from plexsend.terminal.amounts import won

if TYPE_CHECKING:
    from plexsend.campaigns.report.page_words import PageWords


def cost_section(words: PageWords) -> PageSection:
    """Return the section with what was billed, and what the check expected."""
    say, report = words.say, words.report
    heading = say("Cost", "비용")
    so_far = say("in all", "합계") if report.is_final else say("so far", "지금까지")
    expected = report.plan.won if report.plan else None
    if report.won is None:
        none = say(
            "No price is set: plexsend policy set SERVICE price=WON --reason …",
            "단가가 설정되어 있지 않습니다: plexsend policy set SERVICE price=WON --reason …",
        )
        return PageSection("cost", heading, notes=[none])
    unit = say("won", "원")
    bars = [(so_far, f"{won(report.won)} {unit}", [("actual", float(report.won))])]
    if expected is not None:
        bars.append((say("planned", "계획"), f"{won(expected)} {unit}", [("plan", float(expected))]))
    text = "; ".join(f"{name}: {value}" for name, value, _ in bars)
    table = PageTable(
        say("Cost by service", "서비스별 비용"),
        [
            PageColumn(say("service", "서비스")),
            PageColumn(say("billed", "과금 건수"), is_number=True),
            PageColumn(say("won", "금액(원)"), is_number=True),
        ],
        [
            [cost.service, f"{cost.billed:,}", "–" if cost.billed == cost.unpriced else won(cost.won)]
            for cost in report.costs
        ],
        [so_far, f"{sum(cost.billed for cost in report.costs):,}", won(report.won)],
    )
    notes = (
        [
            say(
                f"{report.unpriced:,} billed messages have no price and are not in the sum.",
                f"과금 {report.unpriced:,}건은 단가가 없어 합계에 없습니다.",
            )
        ]
        if report.unpriced
        else []
    )
    return PageSection("cost", heading, table, lying_bars(Plot("cost", heading, text), bars), notes)
