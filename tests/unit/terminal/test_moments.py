from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plexsend.terminal.moments import WallClock, span, utc

SEOUL, NEW_YORK, DUBAI = map(ZoneInfo, ("Asia/Seoul", "America/New_York", "Asia/Dubai"))
WINTER_MS, SUMMER_MS = 1_767_225_600_123, 1_782_864_000_000


def test_programs_read_utc_with_its_offset() -> None:
    assert utc(1_767_225_600_123) == "2026-01-01T00:00:00.123+00:00"


def test_people_read_the_zone_that_was_agreed_on_by_its_name() -> None:
    clock = WallClock(SEOUL)

    assert clock.words(WINTER_MS) == "2026-01-01 09:00:00 KST"
    assert clock.cell(WINTER_MS) == "2026-01-01 09:00:00"
    assert clock.title("ended") == "ended (KST)"
    assert clock.iso(WINTER_MS) == "2026-01-01T09:00:00.123+09:00"


def test_a_zone_that_is_not_known_is_utc_and_is_named_so() -> None:
    assert (WallClock().words(WINTER_MS), WallClock().name) == ("2026-01-01 00:00:00 UTC", "UTC")


def test_where_summer_has_another_name_a_column_has_that_of_the_zone() -> None:
    clock = WallClock(NEW_YORK)

    assert clock.title("ended") == "ended (America/New_York)"
    assert clock.words(WINTER_MS) == "2025-12-31 19:00:00 EST"
    assert clock.words(SUMMER_MS) == "2026-06-30 20:00:00 EDT"


def test_a_zone_without_letters_of_its_own_has_its_full_name() -> None:
    assert WallClock(DUBAI).words(WINTER_MS) == "2026-01-01 04:00:00 Asia/Dubai"


def test_nothing_asks_for_the_zone_of_the_machine() -> None:
    root = Path(__file__).parents[3]
    asked = re.compile(r"\.astimezone\(\)|\blocaltime\(|\.isoformat\(sep=")
    files = [path for room in ("plexsend", "producers", "worker") for path in (root / room).rglob("*.py")]

    assert len(files) > 100
    assert [path.name for path in files if asked.search(path.read_text())] == []


def test_no_time_is_none_for_programs_and_nothing_for_people() -> None:
    clock = WallClock(SEOUL)

    assert utc(None) is None
    assert (clock.cell(None), clock.words(None), clock.iso(None)) == ("", "", "")
    assert clock.words(10**18) == ""


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.97, "10.0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (356_400, "4 d 3 h"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: float, told: str) -> None:
    assert span(seconds) == told
