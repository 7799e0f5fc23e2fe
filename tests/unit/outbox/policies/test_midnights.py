"""Midnights of a time zone, as the scripts are given them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plexsend.outbox.policies.midnights import DAYS, midnights, offsets

HOUR_MS = 3_600_000


def ms(month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Return a time of UTC in 2026, in ms."""
    return round(datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


def test_midnights_of_seoul_are_at_15_of_utc() -> None:
    found = midnights("Asia/Seoul", ms(11, 28, 14, 59))
    assert found[0] == ms(11, 28, 15)
    assert found[1] == ms(11, 29, 15)
    assert len(found) == DAYS
    assert midnights("Asia/Seoul", ms(11, 28, 15))[0] == ms(11, 29, 15)


def test_days_on_which_clocks_change_are_shorter_and_longer() -> None:
    spring = midnights("Europe/Berlin", ms(3, 28, 12))
    assert spring[1] - spring[0] == 23 * HOUR_MS
    autumn = midnights("Europe/Berlin", ms(10, 24, 12))
    assert autumn[1] - autumn[0] == 25 * HOUR_MS


def test_midnights_are_ahead_whatever_the_hour() -> None:
    began = datetime(2026, 3, 27, tzinfo=UTC)
    for hour in range(72):
        now = round((began + timedelta(hours=hour)).timestamp() * 1000)
        first = midnights("Europe/Berlin", now)[0]
        assert now < first <= now + 25 * HOUR_MS


def test_zone_that_this_machine_does_not_know_has_none() -> None:
    assert midnights("Nowhere/Atlantis", ms(11, 28)) == ()


def test_distances_from_utc_say_when_the_clock_changes() -> None:
    assert offsets("Asia/Seoul", ms(11, 28)) == ((0, 9 * HOUR_MS),)
    assert offsets("Europe/Berlin", ms(10, 20)) == ((0, 2 * HOUR_MS), (ms(10, 25, 1), HOUR_MS))
    assert offsets("Europe/Berlin", ms(10, 25, 1)) == ((0, HOUR_MS),)
    assert offsets("Australia/Lord_Howe", ms(9, 30))[1] == (ms(10, 3, 15, 30), 11 * HOUR_MS)
    assert offsets("Mars/Olympus", ms(11, 28)) == ()
