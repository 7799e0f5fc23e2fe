"""How old a consent to advertisements is, as people write its day."""

from __future__ import annotations

from datetime import date

import pytest

from plexsend.campaigns.checks.consents import ConsentAge, ConsentAges

TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("cell", "age"),
    [
        ("2024-11-29", ConsentAge.FRESH),
        ("2024-11-28", ConsentAge.OLD),
        ("2024.11.28", ConsentAge.OLD),
        ("2024. 11. 30.", ConsentAge.FRESH),
        ("2024년 1월 2일", ConsentAge.OLD),
        ("20240102", ConsentAge.OLD),
        ("2026-11-01 10:20:30", ConsentAge.FRESH),
        ("2026-11-01T10:20:30", ConsentAge.FRESH),
        ("", ConsentAge.MISSING),
        ("예", ConsentAge.MISSING),
        ("2024-13-01", ConsentAge.MISSING),
    ],
)
def test_consent_is_as_old_as_its_day(cell: str, age: ConsentAge) -> None:
    assert ConsentAges(TODAY).of(cell) is age


def test_two_years_before_a_leap_day_there_is_a_day_too() -> None:
    ages = ConsentAges(date(2028, 2, 29))
    assert ages.of("2026-02-28") is ConsentAge.FRESH
    assert ages.of("2026-02-27") is ConsentAge.OLD
