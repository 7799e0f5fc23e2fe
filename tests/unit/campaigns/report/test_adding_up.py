"""What rows add up to: pace against plan, cost, codes, times."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from plexsend.campaigns.report.adding_up import read_plan
from plexsend.campaigns.report.languages import Language
from plexsend.campaigns.report.page import page_of
from plexsend.campaigns.report.row_fates import RowEnd, RowFate
from plexsend.campaigns.report.rows import Charged, ReportRow
from plexsend.campaigns.report.tally import RowTally
from plexsend.outbox.runs.states import RunState
from plexsend.outbox.states import State
from tests.unit.campaigns.report.samples import CLOCK, RATE, ROWS, START_MS, sample
from tests.unit.campaigns.test_planning import NOW, S, planned


def test_the_plan_of_a_check_is_followed_over_hours_in_which_nothing_goes() -> None:
    """100 a second, for 20 s, then closed for 40 s, then the rest."""
    window = ((float(NOW), float(NOW + 20 * S)), (float(NOW + 60 * S), float(NOW + 600 * S)))
    plan = read_plan(planned(window=window).as_json())
    assert plan is not None
    assert plan.messages == 6_000
    passed = {second: plan.expected(NOW + second * S) for second in (-5, 0, 10, 20, 40, 60, 70, 100, 500)}
    assert passed == {
        -5: 0,
        0: 0,
        10: 1_000,
        20: 2_000,
        40: 2_000,
        60: 2_000,
        70: 3_000,
        100: 6_000,
        500: 6_000,
    }


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "x", '{"messages":0,"starts_at_ms":1,"ends_at_ms":2}']
)
def test_a_plan_that_cannot_be_drawn_is_none(text: str) -> None:
    assert read_plan(text) is None


def test_a_plan_without_its_course_is_a_straight_line() -> None:
    plan = read_plan(json.dumps({"messages": 100, "starts_at_ms": 1_000, "ends_at_ms": 2_000}))
    assert plan is not None
    assert [plan.expected(at) for at in (0, 1_000, 1_500, 2_000, 9_000)] == [0, 0, 50, 100, 100]


def test_the_plan_of_a_run_that_a_person_started_begins_there() -> None:
    """It may have been checked days before; where a time was set, a late start is seen."""
    timed, by_hand = sample(RunState.DONE).plan, sample(RunState.DONE, is_timed=False).plan
    assert timed is not None
    assert by_hand is not None
    assert (timed.starts_ms, timed.is_moved) == (START_MS, False)
    assert (by_hand.starts_ms, by_hand.is_moved) == (START_MS + 2_000, True)
    assert by_hand.expected(START_MS + 2_000 + 60_000) == timed.expected(START_MS + 60_000) > 0
    assert "moved to when the run was started" in page_of(
        sample(RunState.DONE, is_timed=False), Language.ENGLISH
    )


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.DONE])
def test_the_pace_goes_up_to_now_or_to_the_last_message(state: RunState) -> None:
    report = sample(state)
    reached = [point for point in report.pace if point.sent is not None]
    taken = sum(
        rows
        for fate, rows in report.fates.items()
        if fate in (RowFate.DELIVERED, RowFate.UNDELIVERED, RowFate.AWAITED)
    )
    assert reached[-1].sent == taken
    assert [point.at_ms for point in report.pace] == sorted({point.at_ms for point in report.pace})
    if state is RunState.RUNNING:
        assert reached[-1].at_ms == report.generated_ms
        assert report.pace[-1].at_ms == START_MS + ROWS * 900 // RATE
        assert report.pace[-1].sent is None
    else:
        assert report.pace[-1].at_ms <= report.ended_ms
        assert report.pace[-1].sent is not None


def test_what_is_billed_has_the_price_of_its_service_and_day() -> None:
    report = sample(RunState.DONE)
    (cost,) = report.costs
    billed = sum(
        report.fates.get(fate, 0) for fate in (RowFate.DELIVERED, RowFate.UNDELIVERED, RowFate.UNKNOWN)
    )
    assert (cost.service, cost.unpriced) == ("mms-bulk", 0)
    assert cost.billed == billed
    assert report.won == cost.won == Decimal("60.5") * billed


def test_codes_and_what_has_none_are_all_failures() -> None:
    report = sample(RunState.DONE)
    counted = sum(each.rows for each in (*report.codes, *report.codeless) if each.end is RowEnd.FAILURE)
    assert counted == report.ends[RowEnd.FAILURE]
    results = sum(rows for span in report.results for rows in span.ends.values())
    unknown = report.fates[RowFate.DUPLICATE] + report.fates[RowFate.INVALID]
    assert results == report.rows - unknown


def test_what_is_pending_has_no_result_yet() -> None:
    report = sample(RunState.RUNNING)
    assert report.fates[RowFate.AWAITED]
    assert {end for span in report.results for end in span.ends} <= {*RowEnd} - {RowEnd.PENDING}


def test_a_number_that_somebody_wrote_is_masked_in_a_report() -> None:
    report = sample(RunState.PAUSED, rows=100, label="문의 010-2345-6789")
    assert report.label == "문의 ****6789"


def test_a_day_is_that_of_the_account() -> None:
    late_ms = round(datetime(2026, 11, 30, 16, 0, tzinfo=UTC).timestamp() * 1000)
    for zone, day in ((CLOCK.zone, date(2026, 12, 1)), (None, date(2026, 11, 30))):
        tally = RowTally(zone)
        charged = (Charged("mms-bulk", State.DELIVERED, late_ms),)
        tally.add(ReportRow(0, 2, (), RowFate.DELIVERED, charged=charged))
        assert [key.day for key in tally.charges] == [day]
