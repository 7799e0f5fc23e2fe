"""The summary's words: everything that is promised stands in it, and nothing looks well that is not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.demo.night import NightSeen
from plexsend.demo.report import as_json, summary_lines
from plexsend.demo.summary import Imported, Pace, WrongRows
from plexsend.errors import Problem
from plexsend.outbox.reading.audit import Audit
from plexsend.outbox.reading.discrepancies import Discrepancy
from plexsend.outbox.reading.snapshot import SeenHold
from plexsend.terminal.wrapping import width_of
from tests.unit.demo.conftest import CAMPAIGN

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.demo.summary import Summary


def text(summary: Summary, folder: Path | None = None) -> str:
    """Everything that is told, each sentence on one line."""
    return "\n".join(summary_lines(summary, command="bin/plexsend", folder=folder, full=True, width=1_000))


def test_a_stranger_reads_what_became_of_everything(make_summary: Callable[..., Summary]) -> None:
    told = text(make_summary())

    for words in (
        "Done after 23 s: every message has a known fate.",
        "102 rows were read: 100 added, 2 invalid, of which nothing is sent:",
        "2  msg is missing [sample.csv, lines 7, 11]",
        "97  delivered",
        "2  undelivered: 2, no such number",
        "2  rejected: G141, the recipient number is invalid",
        "1  failed: C341, an answer that nobody can explain",
        "12  tried again under the same key",
        "10  sent one by one",
        "8  came back for lack of credit",
        "2  sent as LMS in place of an RCS that reached nobody",
        "9  advertisements waited 14 s for the morning; none went before",
        "held 3.6 s: lane mms-bulk@main, the gateway in trouble (C500_1: in trouble); released when",
        "held 3.1 s: account main, out of credit (G150: none left); released by the operator",
        "12 requests, 9.5 messages in each on average",
        "most in any second (limit, and 20 tolerated): mms-bulk 163 (150)",
        "Nobody gets a message twice: 3 went again",
        "The audit holds: all 102 messages",
        "The gateway's own list names the same 99 messages",
        "bin/plexsend up --sandbox",
    ):
        assert words in told
    assert "NOT" not in told
    assert "arrived together" not in told


def test_without_receipts_messages_end_accepted(make_summary: Callable[..., Summary]) -> None:
    told = text(make_summary(delivered=0, accepted=97))
    assert "     97  accepted\n" in told
    assert "  delivered" not in told


def test_what_waits_for_its_receipt_is_not_counted_as_well(make_summary: Callable[..., Summary]) -> None:
    told = text(make_summary(unfinished={"accepted": 2}, accepted=2))
    assert told.count("accepted: NOT ended") == 1
    assert "  accepted\n" not in told


def test_what_is_kept_is_named(make_summary: Callable[..., Summary]) -> None:
    assert "are kept in kept/here" in text(make_summary(), Path("kept/here"))


def stands(summary: Summary) -> dict[str, Any]:
    return {"holds": (replace(summary.holds[0], ended_ms=None),)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unfinished": {"uncertain": 2}}, "2  uncertain: NOT ended"),
        ({"unfinished": {"accepted": 2}, "accepted": 2}, "2  accepted: NOT ended"),
        ({"audit": Audit(100, {}, {}, (Discrepancy("l@main", "k", "it is gone"),))}, "l@main k: it is gone"),
        ({"disagreements": ("1 accepted by the gateway",)}, "1 accepted by the gateway"),
        ({"twice": 2}, "Accepted twice: 2 messages"),
        ({"paces": (Pace("mms-bulk", 150, 171),)}, "arrived together"),
        ({"night": None}, "the morning did NOT come"),
        ({"night": NightSeen("12:00-08:00", 9, 14.2, early=1)}, "for the morning; 1 went before"),
    ],
)
def test_nothing_looks_well_that_is_not(
    make_summary: Callable[..., Summary], change: dict[str, Any], words: str
) -> None:
    assert words in text(make_summary(**change))


def test_a_hold_that_still_stands_says_so(make_summary: Callable[..., Summary]) -> None:
    summary = make_summary()
    standing = SeenHold(summary.holds[0].hold)

    assert "held 10 s: lane mms-bulk@main" in text(replace(summary, holds=(standing,)))
    assert "; NOT released" in text(replace(summary, holds=(standing,)))


def test_a_failed_run_says_so_first(make_summary: Callable[..., Summary]) -> None:
    assert text(make_summary(unfinished={"waiting": 1})).startswith("Done after 23 s: NOT everything")


def test_programs_read_the_same(make_summary: Callable[..., Summary]) -> None:
    facts = json.loads(json.dumps(as_json(make_summary(), folder=None)))

    assert (facts["event"], facts["ok"], facts["added"], facts["taken"]) == ("summary", True, 100, 99)
    assert (facts["delivered"], facts["undelivered"], facts["accepted"]) == (97, 2, 0)
    assert (facts["rejected"], facts["failed"], facts["tried_again"]) == (2, 1, 12)
    assert (facts["batches"], facts["average_fill"]) == (12, 9.5)
    assert facts["holds"][1]["by_operator"] is True
    assert facts["audit"] == {"ok": True, "messages": 102, "breaks": 0}
    assert (facts["fallbacks"], facts["night"]["waited"], facts["night"]["early"]) == (2, 9, 0)


MANY = Imported(
    2_721,
    25,
    tuple(
        WrongRows("sample.csv", Problem(f"field_{n}", "is not what it must be by far", ""), tuple(range(n)))
        for n in (1, 1, 5, 1, 2, 7, 1, 3, 1, 1, 1, 1)
    ),
)


def test_the_short_summary_tells_the_most_frequent_reasons_and_how_to_see_all(
    make_summary: Callable[..., Summary],
) -> None:
    told = "\n".join(summary_lines(make_summary(imported=MANY), command="bin/plexsend", folder=None))

    assert re.findall(r"^ +(\d+)  field_\d", told, re.MULTILINE) == ["7", "5", "3"]
    assert "     10  for 9 more reasons, which `bin/plexsend demo --full` shows" in told
    assert "sample.csv" not in told


def test_a_few_reasons_need_no_rest(make_summary: Callable[..., Summary]) -> None:
    told = "\n".join(summary_lines(make_summary(), command="bin/plexsend", folder=None))

    assert "  msg is missing\n" in told
    assert "more reasons" not in told


@pytest.mark.parametrize("width", [50, 60, 80])
def test_no_line_is_wider_than_it_may_be_and_no_word_is_lost(
    make_summary: Callable[..., Summary], width: int
) -> None:
    summary = make_summary(imported=MANY)
    for full in (False, True):
        lines = list(summary_lines(summary, command="plexsend", folder=Path("kept"), full=full, width=width))
        whole = list(summary_lines(summary, command="plexsend", folder=Path("kept"), full=full, width=1_000))
        assert max(map(width_of, lines)) <= width
        assert " ".join(lines).split() == " ".join(whole).split()


def test_the_campaign_is_told_with_its_sum_and_where_its_report_is(
    make_summary: Callable[..., Summary],
) -> None:
    page = Path("/tmp/report.html")  # noqa: S108  never opened
    summary = make_summary(campaign=CAMPAIGN)
    told = "\n".join(summary_lines(summary, command="plexsend", folder=None, page=page))
    assert "The campaign 봄맞이 세일: 성공 37 + 실패 1 + 대기 0 + 제외 2 = 40 rows." in told
    assert told.endswith(f"The campaign's report, for a browser: {page}")
    shown = as_json(summary, folder=None, page=page)["campaign"]
    assert shown == {
        "name": "spring-sale",
        "rows": 40,
        "success": 37,
        "failure": 1,
        "pending": 0,
        "excluded": 2,
        "planned_s": 2.1,
        "took_s": 3.4,
        "report": str(page),
    }


def test_a_campaign_that_is_not_over_is_not_well(make_summary: Callable[..., Summary]) -> None:
    counts = replace(CAMPAIGN.counts, delivered=36, waiting=1)
    summary = make_summary(campaign=replace(CAMPAIGN, counts=counts), audit=Audit(140, {}, {}, ()))
    assert make_summary(campaign=CAMPAIGN, audit=Audit(140, {}, {}, ())).ok
    assert not summary.ok
    assert "It is NOT over." in "\n".join(summary_lines(summary, command="plexsend", folder=None))


def test_without_a_campaign_nothing_is_said_of_one(make_summary: Callable[..., Summary]) -> None:
    told = list(summary_lines(make_summary(), command="plexsend", folder=None))
    assert not any("campaign" in line for line in told)
    assert ("", "") not in pairwise(told)
    assert as_json(make_summary(), folder=None)["campaign"] is None
