"""What `doctor` says of campaigns."""

from __future__ import annotations

from typing import Any

import pytest

from plexsend.cli.doctor.campaigns import CampaignFacts, campaign_rows
from plexsend.cli.doctor.rows import Grade
from plexsend.outbox.beat import BeatSign
from plexsend.outbox.runs.attending import Attending
from plexsend.outbox.runs.run import Run
from plexsend.outbox.runs.states import RunState
from plexsend.outbox.runs.windows import RunWindow

NOW = 1_800_014_400_000
MINUTE = 60_000
ATTENDED = Attending(has_campaigns=True, feeders=2, beats=(BeatSign("h1", 800),), wanting=1)
NOBODY = Attending(has_campaigns=False)


def run(**more: Any) -> Run:
    facts = {"state": RunState.RUNNING, "rows": 100, "fed": 100, "started_ms": NOW - 10 * MINUTE}
    return Run(group="spring~3", account="main", id="0a", definition="{}", **{**facts, **more})


def rows(
    *live: Run,
    due: dict[str, int] | None = None,
    windows: dict[str, RunWindow] | None = None,
    full: frozenset[str] = frozenset(),
    is_possible: bool = True,
    attending: Attending = ATTENDED,
) -> list[tuple[Grade, str]]:
    facts = CampaignFacts("main", due or {}, live, windows or {}, full)
    return [
        (row.grade, f"{row.found} {row.why} {row.remedy}")
        for row in campaign_rows([facts], attending, is_possible=is_possible, now_ms=NOW)
    ]


def test_where_nobody_has_a_campaign_nothing_is_missing() -> None:
    (row,) = campaign_rows([], NOBODY, is_possible=True, now_ms=NOW)
    assert (row.grade, row.found) == (Grade.OK, "no account has any")


def test_what_runs_and_what_is_planned_is_counted() -> None:
    window = RunWindow(((NOW + MINUTE, NOW + 2 * MINUTE),))
    assert rows(run(), due={"autumn~1": NOW - MINUTE, "weekly": NOW + 1}, windows={"spring~3": window}) == [
        (Grade.OK, "of account main 1 run is being sent, 2 starts are planned  ")
    ]


def test_a_start_that_nobody_claimed_is_named() -> None:
    ((grade, words),) = rows(due={"autumn~1": NOW - 5 * MINUTE, "weekly": NOW - 2 * MINUTE})
    assert grade is Grade.WRONG
    assert "autumn/1 of account main was to start 5 min ago" in words
    assert "queue `campaigns`" in words


@pytest.mark.parametrize(
    ("facts", "is_named"),
    [
        ({"fed": 40, "until_ms": NOW - 2 * MINUTE}, True),
        ({"fed": 40, "until_ms": NOW - MINUTE // 2}, False),
        ({"fed": 40, "lease": (NOW - MINUTE // 2) * 1000}, False),
        ({"fed": 40, "lease": (NOW - 2 * MINUTE) * 1000}, True),
        ({"fed": 0, "started_ms": NOW - MINUTE // 2}, False),
        ({"fed": 100, "until_ms": 0}, False),
        ({"fed": 40, "state": RunState.PAUSED}, False),
    ],
)
def test_a_run_that_nobody_feeds_is_named(facts: dict[str, Any], *, is_named: bool) -> None:
    ((grade, words),) = rows(run(**facts))
    assert grade is (Grade.WRONG if is_named else Grade.OK)
    assert ("spring/3 of account main has not been fed for 2 min" in words) is is_named


def test_a_run_that_waits_for_what_waits_is_not_called_left_alone() -> None:
    left = run(fed=40, until_ms=NOW - 2 * MINUTE)
    assert [grade for grade, _ in rows(left)] == [Grade.WRONG]
    assert [grade for grade, _ in rows(left, full=frozenset({left.group}))] == [Grade.OK]


def test_a_window_that_nobody_renewed_is_wrong() -> None:
    ((grade, words),) = rows(run(), windows={"spring~3": RunWindow(((0, NOW),))})
    assert (grade, "spring/3 of account main sends nothing" in words) == (Grade.WRONG, True)


def test_beside_an_older_version_they_cannot_be_used() -> None:
    first, second = rows(run(), is_possible=False)
    assert (first[0], "an older version" in first[1], second[0]) == (Grade.DOUBTFUL, True, Grade.OK)


def test_a_fleet_that_feeds_nothing_and_a_beat_that_is_away_are_named() -> None:
    alone = Attending(has_campaigns=True, beats=(BeatSign("h1", 5 * MINUTE),), wanting=1, planned=2)
    unfed, unrung, own = rows(run(), attending=alone)
    assert unfed[0] is Grade.WRONG
    assert "no worker serves the queue `campaigns`, for which 1 run or start and 2 planned starts" in unfed[1]
    assert (unrung[0], own[0]) == (Grade.DOUBTFUL, Grade.OK)
    assert "beat is away (the one on h1 rang 5 min ago): nobody rings for campaigns" in unrung[1]
    # What is only planned is not late yet.
    planned = Attending(has_campaigns=True, beats=(BeatSign("h1", 800),), planned=1)
    assert [grade for grade, _ in rows(run(), attending=planned)] == [Grade.DOUBTFUL, Grade.OK]
    rung = Attending(has_campaigns=True, feeders=1)
    assert "(none is known): a worker rings for campaigns in its place" in rows(run(), attending=rung)[0][1]
