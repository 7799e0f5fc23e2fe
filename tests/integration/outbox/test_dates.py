"""Days as the scripts compute them are those of the calendar and of the zone, over changes of its clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from plexsend.outbox.constants import DAY_OFFSET_MS
from plexsend.outbox.policies.midnights import DAYS, offsets
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store

PARTS = ("_clock", "_dates", "_stats")
END = """
day_offsets = ARGV[1]
local found = {}
for i = 2, #ARGV do found[#found + 1] = date_of(day_number(tonumber(ARGV[i]))) end
return found
"""


def days_of(store: Store, written: str, moments_ms: Sequence[int]) -> list[str]:
    """Return the day of each time, as the scripts find it."""
    scripts = files("plexsend.outbox.scripts")
    given = f"local DAY_OFFSET_MS, LARGEST_NUMBER = {DAY_OFFSET_MS}, 1e16\n"
    body = given + "\n".join(scripts.joinpath(f"{name}.lua").read_text("utf-8") for name in PARTS) + END
    found: Any = store.client.eval(body, 1, store.keys.account("main"), written, *moments_ms)
    return [text(day) for day in found]


def ms_of(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Asia/Seoul", datetime(2026, 11, 29, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 3, 28, 1, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_days_around_a_change_of_the_clock_are_those_of_the_zone(
    store: Store, zone: str, change: datetime
) -> None:
    place, random = ZoneInfo(zone), Random(zone)
    now_ms = ms_of(change - timedelta(days=DAYS // 2))
    written = " ".join(f"{from_ms}:{ahead_ms}" for from_ms, ahead_ms in offsets(zone, now_ms))
    moments = [now_ms + random.randrange(DAYS * 86_400_000) for _ in range(300)]
    moments += [ms_of(change) + apart for apart in (-3_600_001, -3_600_000, -1, 0, 1, 3_599_999, 3_600_000)]
    expected = [f"{datetime.fromtimestamp(at / 1000, place):%Y%m%d}" for at in moments]
    assert days_of(store, written, moments) == expected


def test_the_calendar_has_its_leap_days(store: Store) -> None:
    days = [date(1970, 1, 1), date(1999, 12, 31), date(2000, 2, 29), date(2028, 2, 29), date(2100, 2, 28)]
    days += [date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(800)]
    moments = [ms_of(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)) for day in days]
    assert days_of(store, "0:0", moments) == [f"{day:%Y%m%d}" for day in days]


def test_without_a_zone_days_are_those_of_korea(store: Store) -> None:
    assert days_of(store, "", [ms_of(datetime(2026, 11, 28, 15, tzinfo=UTC))]) == ["20261129"]
