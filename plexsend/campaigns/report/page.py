"""The report as one page of HTML, which needs nothing but itself: no script, font, picture or network."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from plexsend.campaigns.report.against import Comparison
from plexsend.campaigns.report.against_section import against_section
from plexsend.campaigns.report.cost_section import cost_section
from plexsend.campaigns.report.figures import ORDER
from plexsend.campaigns.report.outcome_sections import carriers_section, codes_section, outcomes_section
from plexsend.campaigns.report.page_words import PageWords
from plexsend.campaigns.report.shares import percent
from plexsend.campaigns.report.time_sections import pace_section, time_section
from plexsend.outbox.runs.states import OVER, RunState, run_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Template

    from plexsend.campaigns.report.figures import CampaignReport
    from plexsend.campaigns.report.languages import Language


def page_of(report: CampaignReport, language: Language, *, against: CampaignReport | None = None) -> str:
    """Return the page of a report, with another run beside it where there is one."""
    words = PageWords(report, language)
    sections = [
        outcomes_section(words),
        time_section(words),
        codes_section(words),
        carriers_section(words),
        pace_section(words),
        cost_section(words),
    ]
    if against is not None:
        sections.insert(1, against_section(words, Comparison(report, against)))
    style = _text("page.css")
    return _template().render(
        language=language.value,
        style=Markup(style),  # noqa: S704  our own file
        style_hash=base64.b64encode(sha256(style.encode()).digest()).decode(),
        title=report.label or report.name,
        kind=words.say("Report of a campaign", "캠페인 보고서"),
        report=report,
        state=run_word(report.state, language.value),
        why=_why(words),
        sum=_sum(words),
        tiles=list(_tiles(words)),
        facts=list(_facts(words)),
        sections=sections,
        made=_made(words),
    )


def _why(words: PageWords) -> str:
    report = words.report
    if report.state not in (RunState.PAUSED, RunState.CANCELLED, RunState.DRAFT):
        return ""
    since = report.clock.words(report.why_since_ms or None)
    return " · ".join(part for part in (report.why, report.why_by, since) if part)


def _sum(words: PageWords) -> str:
    report = words.report
    parts = " + ".join(f"{words.end(end)} {report.ends[end]:,}" for end in ORDER)
    return f"{parts} = {words.say('all rows', '전체')} {report.rows:,}"


def _tiles(words: PageWords) -> Iterator[tuple[str, str, str, str]]:
    report = words.report
    for end in ORDER:
        yield end.value, words.end(end), f"{report.ends[end]:,}", percent(report.ends[end], report.rows)


_ONLY = {"unsent": "아직 보내지 않은 행", "failed": "실패한 행", "reached": "받은 행"}
"""Which rows of another run → in Korean."""


def _facts(words: PageWords) -> Iterator[tuple[str, str]]:
    say, report = words.say, words.report
    yield say("run", "발송"), report.written
    yield say("service", "서비스"), report.service
    yield say("account", "계정"), report.account
    if report.source:
        run, _, only = report.source.replace("~", "/").partition(" ")
        yield say("rows of", "대상"), f"{run} {say(only, _ONLY.get(only, only))}"
    for english, korean, at_ms in (
        ("created", "생성", report.created_ms),
        ("planned for", "예약", 0 if report.started_ms else report.starts_ms),
        ("started", "시작", report.started_ms),
        ("ended", "종료", report.ended_ms),
    ):
        if at_ms:
            yield say(english, korean), report.clock.words(at_ms)


def _made(words: PageWords) -> str:
    report, at = words.report, words.report.clock.words(words.report.generated_ms)
    said = words.say(
        f"Generated at {at}; all times are in {report.clock.name}. It holds no telephone number.",
        f"{at}에 만든 보고서입니다. 모든 시각은 {report.clock.name}이며 전화번호는 들어 있지 않습니다.",
    )
    return " ".join(part for part in (said, _changes(words)) if part)


def _changes(words: PageWords) -> str:
    say, report = words.say, words.report
    if report.is_final:
        return ""
    if report.state in OVER:
        return say(
            "Receipts are still awaited, and the counts change with them.",
            "아직 통신사 결과를 기다리는 건이 있어 건수는 달라집니다.",
        )
    if report.state in (RunState.RUNNING, RunState.PAUSED):
        return say("The run is not over, and its counts change.", "발송이 끝나지 않아 건수는 달라집니다.")
    return say("The run has not started.", "아직 시작하지 않은 발송입니다.")


@cache
def _template() -> Template:
    environment: Any = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template: Template = environment.from_string(_text("page.html"))
    return template


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
