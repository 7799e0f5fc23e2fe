"""What keeps a lane, and since when its first message might have gone, at any time of the day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexsend.outbox.holds import Hold, Reason, Scope
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.reading.waiting import AccountHours, KeptBy, WaitingLane, sort_lane
from plexsend.outbox.runs.windows import RunWindow

PLAIN = Lane("mms-bulk", None, "main")
ADS = Lane("mms-bulk", None, "main", "spring", Advertising.QUIET)
AT_NIGHT = replace(ADS, advertising=Advertising.CONSENTED)
RUN = Lane("mms-bulk", None, "main", "spring~1")
HOURS = AccountHours(
    holds=(), open_hours=RunWindow(((100, 200), (300, 400))), windows={}, limited=frozenset()
)
PAUSE = Hold("main", Scope.LANE, "mms-bulk@main", Reason.PAUSE, 1, None, 0, "kim", "", probing=False)


def sorted_at(now_ms: int, lane: Lane, hours: AccountHours = HOURS) -> tuple[KeptBy, int]:
    return sort_lane(WaitingLane(lane, 50_000, 7), hours, now_ms)


@pytest.mark.parametrize(
    ("lane", "now_ms", "kept"),
    [
        (PLAIN, 250, (KeptBy.NOTHING, 50)),
        (ADS, 250, (KeptBy.QUIET, 50)),
        (AT_NIGHT, 250, (KeptBy.NOTHING, 50)),
        # In the morning it has waited since the morning, not since last night.
        (ADS, 310, (KeptBy.NOTHING, 300)),
        # Nobody wrote the next morning: nothing will end it.
        (ADS, 450, (KeptBy.NOTHING, 50)),
    ],
)
def test_advertisements_wait_for_the_morning(lane: Lane, now_ms: int, kept: tuple[KeptBy, int]) -> None:
    assert sorted_at(now_ms, lane) == kept


@pytest.mark.parametrize(
    ("now_ms", "kept"),
    [(250, (KeptBy.WINDOW, 50)), (320, (KeptBy.NOTHING, 300)), (450, (KeptBy.NOTHING, 50))],
)
def test_a_run_waits_for_its_window(now_ms: int, kept: tuple[KeptBy, int]) -> None:
    hours = replace(HOURS, windows={"spring~1": RunWindow(((0, 40), (300, 400)))})
    assert sorted_at(now_ms, RUN, hours) == kept
    assert sorted_at(now_ms, replace(RUN, group="spring~2"), hours) == (KeptBy.NOTHING, 50)


def test_a_hold_wins_over_the_night_and_the_night_over_the_limit_of_a_day() -> None:
    limited = replace(HOURS, limited=frozenset({"mms-bulk"}))
    assert sorted_at(250, ADS, replace(limited, holds=(PAUSE,)))[0] is KeptBy.HOLD
    assert sorted_at(250, ADS, limited)[0] is KeptBy.QUIET
    assert sorted_at(310, ADS, limited)[0] is KeptBy.LIMIT
    assert sorted_at(250, replace(PLAIN, service="sms-bulk"), limited)[0] is KeptBy.NOTHING


def test_a_smaller_batch_keeps_nothing() -> None:
    hours = replace(HOURS, holds=(replace(PAUSE, reason=Reason.SIZE),))
    assert sorted_at(250, PLAIN, hours)[0] is KeptBy.NOTHING
