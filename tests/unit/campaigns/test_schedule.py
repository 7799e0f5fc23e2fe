"""Planned times of a cron, and the hours of a day in which a campaign sends."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from plexsend.campaigns.definitions.schedule import (
    BadSchedule,
    check_cron,
    find_zone,
    next_after,
    read_window,
    spans,
)
from plexsend.errors import MissingExtra

SEOUL, BERLIN = "Asia/Seoul", "Europe/Berlin"


def ms(text: str, zone: str = SEOUL, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def shown(at_ms: int, zone: str = SEOUL) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M")


def times(cron: str, after: str, zone: str = SEOUL, count: int = 3) -> list[str]:
    found, at_ms = [], ms(after, zone)
    for _ in range(count):
        at_ms = next_after(cron, zone, at_ms)
        found.append(shown(at_ms, zone))
    return found


def test_planned_times_are_those_of_the_zone() -> None:
    assert times("0 10 * * 1", "2026-11-29 12:00") == ["11-30 10:00", "12-07 10:00", "12-14 10:00"]


def test_a_planned_time_is_behind_the_moment_and_not_at_it() -> None:
    assert times("0 10 * * *", "2026-11-29 10:00", count=1) == ["11-30 10:00"]
    assert times("0 10 * * *", "2026-11-29 09:59:59", count=1) == ["11-29 10:00"]


def test_a_day_of_the_month_or_one_of_the_week_is_enough() -> None:
    assert times("0 9 1 * 1", "2026-11-29 12:00") == ["11-30 09:00", "12-01 09:00", "12-07 09:00"]


def test_an_hour_that_comes_twice_is_planned_once() -> None:
    assert times("30 2 * * *", "2026-10-25 01:00", BERLIN, 2) == ["10-25 02:30", "10-26 02:30"]
    # In its second pass: the library answers with the first one, which has passed.
    again = next_after("30 2 * * *", BERLIN, ms("2026-10-25 02:10", BERLIN, fold=1))
    assert shown(again, BERLIN) == "10-26 02:30"


def test_an_hour_that_is_left_out_comes_right_behind_it() -> None:
    assert times("30 2 * * *", "2026-03-29 01:00", BERLIN, 2) == ["03-29 03:00", "03-30 02:30"]


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("0 10 * *", "has 4 fields and not five"),
        ("0 0 10 * * 1", "has 6 fields and not five"),
        ("", "has 0 fields and not five"),
        ("@daily", "has 1 fields and not five"),
        ("60 10 * * *", "has a wrong minute"),
        ("0 24 * * *", "has a wrong hour"),
        ("0 10 31 2 *", "has a wrong day of the month"),
        ("0 10 * 13 *", "has a wrong month"),
        ("0 10 * * 8", "has a wrong day of the week"),
        ("0 10 * * L", "has a wrong day of the week"),
        ("0 10 1--100000000 * *", "has a wrong day of the month"),
        ("0 10 ٣ * *", "has a wrong day of the month"),
    ],
)
def test_a_wrong_cron_is_refused_with_the_field(cron: str, reason: str) -> None:
    with pytest.raises(BadSchedule) as caught:
        check_cron(cron)
    assert caught.value.reason == reason
    assert "every Monday at 10:00" in caught.value.remedy


def test_a_long_cron_is_not_even_taken_apart() -> None:
    began = time.process_time()
    with pytest.raises(BadSchedule, match="has 400007 characters, and up to 100 are read"):
        check_cron(f"{','.join(['1'] * 200_000)} 1 * * *")
    assert time.process_time() - began < 0.05


def test_a_zone_that_nobody_knows_is_refused() -> None:
    for name in ("Asia/Soul", "", "../../etc/passwd", "가"):
        with pytest.raises(BadSchedule, match="is not a time zone"):
            find_zone(name)


def test_a_window_is_open_between_its_hours_of_each_day() -> None:
    found = spans(("10:00", "18:00"), SEOUL, ms("2026-12-01 12:00"), 2)
    assert [(shown(begin), shown(end)) for begin, end in found] == [
        ("12-01 10:00", "12-01 18:00"), ("12-02 10:00", "12-02 18:00"),
    ]  # fmt: skip


def test_a_window_that_has_ended_is_left_out() -> None:
    ((begin, _),) = spans(("10:00", "18:00"), SEOUL, ms("2026-12-01 18:00"), 2)
    assert shown(begin) == "12-02 10:00"


def test_a_window_may_go_over_midnight() -> None:
    found = spans(("22:00", "02:00"), SEOUL, ms("2026-12-01 01:00"), 1)
    assert [(shown(begin), shown(end)) for begin, end in found] == [
        ("11-30 22:00", "12-01 02:00"), ("12-01 22:00", "12-02 02:00"),
    ]  # fmt: skip


def test_a_window_may_end_with_the_day() -> None:
    ((begin, end),) = spans(("10:00", "24:00"), SEOUL, ms("2026-12-01 01:00"), 1)
    assert (shown(begin), shown(end)) == ("12-01 10:00", "12-02 00:00")


def test_a_window_has_the_hours_that_its_day_has() -> None:
    ((begin, end),) = spans(("01:00", "04:00"), BERLIN, ms("2026-03-29 00:00", BERLIN), 1)
    assert end - begin == 2 * 3_600_000


@pytest.mark.parametrize("window", [("10:00", "25:00"), ("9:00", "18:00"), ("24:00", "10:00"), ("가", "나")])
def test_a_window_has_times_of_a_day(window: tuple[str, str]) -> None:
    with pytest.raises(BadSchedule, match="is not a time of a day"):
        read_window(window)


def test_a_window_has_a_length() -> None:
    with pytest.raises(BadSchedule, match=re.escape("begins when it ends")):
        read_window(("10:00", "10:00"))


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cronsim", None)
    with pytest.raises(MissingExtra, match=r"cronsim.* installed\. Run: pip install 'plexsend\[campaigns\]'"):
        check_cron("0 10 * * 1")
