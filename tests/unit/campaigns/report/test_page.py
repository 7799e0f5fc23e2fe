"""The page says the same as its tables, holds nothing foreign, and runs nothing."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from hashlib import sha256
from xml.etree import ElementTree as ET

import pytest

from plexsend.campaigns.report.against import Comparison
from plexsend.campaigns.report.against_section import against_section
from plexsend.campaigns.report.comparing import verdicts
from plexsend.campaigns.report.languages import Language
from plexsend.campaigns.report.page import page_of
from plexsend.campaigns.report.page_words import PageWords
from plexsend.campaigns.report.plots import Plot, Series, lines, lying_bars, short, standing_bars
from plexsend.campaigns.report.row_fates import RowEnd, RowFate
from plexsend.outbox.runs.states import RunState
from tests.unit.campaigns.report.samples import ROWS, sample

STATES = {
    RunState.RUNNING: ("발송 중", "running"),
    RunState.DONE: ("완료", "done"),
    RunState.PAUSED: ("일시정지", "paused"),
    RunState.CANCELLED: ("취소", "cancelled"),
}
EVIL = "<script>alert(1)</script>\"&'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("language", Language)
def test_outcomes_add_up_to_the_rows_in_view(state: RunState, language: Language) -> None:
    report = sample(state)
    page = page_of(report, language)
    assert STATES[state][language is Language.ENGLISH] in page
    total = re.search(r'class="sum">(.*?) = \S+ (?:rows )?([\d,]+)<', page)
    assert total is not None
    parts = [int(part.replace(",", "")) for part in re.findall(r"[\d,]*\d", total[1])]
    assert len(parts) == len(RowEnd)
    assert sum(parts) == int(total[2].replace(",", "")) == ROWS


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CANCELLED])
def test_the_reason_of_a_pause_or_cancel_is_said(state: RunState) -> None:
    report = sample(state)
    assert f"{report.why} · {report.why_by} · 2026-11-30" in page_of(report, Language.KOREAN)


def test_a_page_says_in_its_language_whose_rows_it_is_about() -> None:
    for only, korean in (("failed", "실패한 행"), ("unsent", "아직 보내지 않은 행"), ("reached", "받은 행")):
        report = replace(sample(RunState.DONE), source=f"spring~1 {only}")
        assert f"spring/1 {korean}" in page_of(report, Language.KOREAN)
        assert f"spring/1 {only}" in page_of(report, Language.ENGLISH)
    assert "계정" in page_of(report, Language.KOREAN)


def test_nothing_that_a_person_or_the_gateway_wrote_becomes_markup() -> None:
    report = sample(RunState.PAUSED, label=EVIL, rows=800)
    codes = tuple(replace(count, code=EVIL) for count in report.codes)
    carriers = tuple(replace(count, carrier=EVIL) for count in report.carriers)
    report = replace(report, codes=codes, carriers=carriers, why=EVIL, why_by=EVIL)
    page = page_of(report, Language.ENGLISH, against=report)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 6


def test_a_page_needs_nothing_but_itself() -> None:
    page = page_of(sample(RunState.DONE, rows=800), Language.KOREAN)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert not re.search(r"<script|<link|<img|<iframe| on\w+=| style=|url\(|@import|https?://", page)


def test_every_plot_has_a_title_a_text_and_a_table_beside_it() -> None:
    report = sample(RunState.DONE, rows=800)
    page = page_of(report, Language.KOREAN, against=report)
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(plots) == 7
    for plot in plots:
        drawn = ET.fromstring(plot)  # noqa: S314  our own page
        title, text = drawn[0], drawn[1]
        assert (title.tag, text.tag) == ("title", "desc")
        assert title.text
        assert text.text
        assert drawn.attrib["aria-labelledby"] == f"{title.attrib['id']} {text.attrib['id']}"
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count("<table>") == len(plots) == page.count("<caption>")


def test_a_run_of_which_nothing_is_known_yet_says_so() -> None:
    report = replace(
        sample(RunState.RUNNING, rows=40), fates={}, codes=(), carriers=(), results=(), pace=(), costs=()
    )
    page = page_of(report, Language.ENGLISH)
    for words in (
        "No result is known yet.",
        "No code is known yet.",
        "No receipt has named a carrier.",
        "Nothing has gone yet.",
        "No price is set",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("state", "awaited", "said"),
    [
        (RunState.SCHEDULED, 0, "has not started"),
        (RunState.RUNNING, 0, "is not over"),
        (RunState.PAUSED, 0, "is not over"),
        (RunState.DONE, 5, "Receipts are still awaited"),
        (RunState.CANCELLED, 5, "Receipts are still awaited"),
        (RunState.DONE, 0, ""),
    ],
)
def test_a_page_says_whether_its_counts_stay(state: RunState, awaited: int, said: str) -> None:
    fates = {RowFate.DELIVERED: 10} | ({RowFate.AWAITED: awaited} if awaited else {})
    page = page_of(replace(sample(RunState.DONE, rows=100), state=state, fates=fates), Language.ENGLISH)
    words = ("has not started", "is not over", "Receipts are still awaited")
    assert [each for each in words if each in page] == ([said] if said else [])
    assert ("in all" in page) is (not said)


def test_rows_that_are_missing_in_the_plots_are_counted() -> None:
    report = replace(sample(RunState.DONE, rows=800), untimed=123)
    assert "123 rows are missing here" in page_of(report, Language.ENGLISH)
    assert "--archive DIR" in page_of(report, Language.KOREAN)
    assert "--archive DIR" not in page_of(replace(report, has_archive=True), Language.KOREAN)


def test_two_runs_are_compared_as_far_as_their_numbers_allow() -> None:
    many, others, few = (
        sample(RunState.DONE),
        sample(RunState.DONE, seed=2),
        sample(RunState.DONE, seed=3, rows=20),
    )
    words = PageWords(many, Language.ENGLISH)
    section = against_section(words, Comparison(many, few))
    assert "fewer than 30 such rows: too few to compare" in " ".join(section.notes)
    assert section.table is not None
    success = next(row for row in section.table.rows if row[0] == "success rate")
    assert success[3] == "too few"
    section = against_section(words, Comparison(many, others))
    assert "by chance" in " ".join(section.notes)
    assert section.table is not None
    assert [row[0] for row in section.table.rows][:6] == [
        *("rows", "success", "failure", "pending", "excluded", "success rate"),
    ]
    worse = replace(others, fates={**others.fates, many.codes[1].fate: others.rows})
    assert any("more than chance" in note for note in verdicts(Comparison(many, worse), words.language))
    running = Comparison(many, sample(RunState.RUNNING))
    assert any("may still change" in note for note in verdicts(running, words.language))


def test_a_plot_draws_what_it_is_given() -> None:
    plot = Plot("p", "t", "d")
    bars = lying_bars(
        plot, [("a", "3", [("success", 3)]), ("b", "1", [("failure", 1)]), ("c", "0", [("x", 0)])]
    )
    assert re.findall(r'class="(\w+)" x="0" y="[\d.]+" width="([\d.]+)"', bars) == [
        *(("success", "400"), ("failure", "133.3"), ("x", "0")),
    ]
    standing = standing_bars(plot, [Series("success", "s")], [("10:00", [4]), ("10:05", [0])])
    assert len(re.findall(r'<rect class="success"', standing)) == 2
    line = lines(plot, [Series("actual", "a")], ["x", "y"], [(0, [0]), (0.5, [4]), (1, [None])])
    assert re.search(r'points="44,180 218,22"', line)
    values = (0, 950, 1_500, 20_000, 12_500, 1_500_000, 200_000_000)
    assert [short(value, Language.ENGLISH) for value in values] == [
        *("0", "950", "1,500", "20k", "12.5k", "1.5M", "200M"),
    ]
    assert [short(value, Language.KOREAN) for value in values] == [
        *("0", "950", "1,500", "2만", "1.25만", "150만", "2억"),
    ]
    large = lines(
        Plot("p", "t", "d", Language.KOREAN), [Series("actual", "a")], ["x"], [(0, [0]), (1, [80_000])]
    )
    assert ">8만<" in large
