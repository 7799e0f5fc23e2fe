from __future__ import annotations

from datetime import datetime

import pytest

from plexsend.terminal.moments import local, span, utc


def test_programs_read_utc_with_its_offset() -> None:
    assert utc(1_767_225_600_123) == "2026-01-01T00:00:00.123+00:00"


def test_people_read_their_own_zone_with_its_offset() -> None:
    assert datetime.fromisoformat(local(1_767_225_600_123)).timestamp() == 1_767_225_600
    assert datetime.fromisoformat(local(1_767_225_600_123)).utcoffset() is not None


def test_no_time_is_none_for_programs_and_nothing_for_people() -> None:
    assert (utc(None), local(None)) == (None, "")


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
