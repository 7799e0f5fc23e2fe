from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import UsageError
from plexsend.producers.moments import not_after_ms, not_before_ms

_MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001  hypothesis adds the zone
    timezones=st.timezones(),
)


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@given(_MOMENTS)
def test_ms_are_the_next_whole_ones_on_the_safe_side(moment: datetime) -> None:
    first, last = not_before_ms(moment, name="t"), not_after_ms(moment, name="t")
    assert first is not None
    assert last is not None
    assert 0 <= first * 1000 - _micros(moment) < 1000
    assert 0 <= _micros(moment) - last * 1000 < 1000


def test_a_moment_of_whole_ms_is_itself_in_any_zone() -> None:
    seoul = timezone(timedelta(hours=9))
    moment = datetime(2030, 1, 1, 9, 0, 0, 250_000, tzinfo=seoul)
    expected = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()) * 1000 + 250
    assert not_before_ms(moment, name="t") == not_after_ms(moment, name="t") == expected


def test_none_stays_none() -> None:
    assert not_before_ms(None, name="t") is None
    assert not_after_ms(None, name="t") is None


def test_a_moment_before_1970_counts_as_long_ago() -> None:
    assert not_before_ms(datetime(1900, 1, 1, tzinfo=UTC), name="t") == 0
    assert not_after_ms(datetime(1900, 1, 1, tzinfo=UTC), name="t") == 0


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2030, 1, 1),  # noqa: DTZ001  naive is the point
        date(2030, 1, 1),
        "2030-01-01T00:00:00Z",
        1_900_000_000,
    ],
)
@pytest.mark.parametrize("read", [not_before_ms, not_after_ms])
def test_anything_but_an_aware_datetime_is_a_usage_error(read: object, moment: object) -> None:
    with pytest.raises(UsageError, match="send_at"):
        read(moment, name="send_at")  # type: ignore[operator]  # what a caller without types may give
