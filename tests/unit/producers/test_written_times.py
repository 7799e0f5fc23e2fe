"""Times as people and spreadsheets write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from plexsend.producers.written_times import NotATime, read_time


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-12-01 오전 10:05", 10),
        ("2026-12-01 오후 3:05", 15),
        ("2026. 12. 1. 오후 12:05", 12),
        ("2026-12-01 오후3:05:00", 15),
        ("2026/12/01 3:05 PM", 15),
        ("2026-12-01 11:05 am", 11),
    ],
)
def test_half_of_the_day_is_read_as_a_spreadsheet_writes_it(written: str, hour: int) -> None:
    assert read_time(written) == datetime(2026, 12, 1, hour, 5)  # noqa: DTZ001  it names no zone


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2026-12-01 오전 12:00", "can mean midnight or noon: write 00:00 or 12:00"),
        ("2026-12-01 12:00 AM", "can mean midnight or noon: write 00:00 or 12:00"),
        ("2026-12-01 오후 15:00", "has an hour that its half of the day has not"),
        ("2026-12-01 오전 0:00", "has an hour that its half of the day has not"),
        ("2026-12-01 오후 3:00 PM", "has an hour that its half of the day has not"),
        ("2026-02-30 오후 3:00", "is not an ISO 8601 time"),
    ],
)
def test_half_of_the_day_with_more_than_one_meaning_is_refused(written: str, reason: str) -> None:
    with pytest.raises(NotATime, match=f"^{reason}$"):
        read_time(written)
