from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.errors import OutboxUnavailable, UsageError
from plexsend.producers.moments import (
    Moments,
    ServerClock,
    has_moments,
    not_after_ms,
    not_before_ms,
    take_moments,
)

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


_NOW_MS = 1_900_000_000_000
_LATER = datetime.fromtimestamp(_NOW_MS / 1000 + 60, UTC)
_EARLIER = _LATER - timedelta(hours=1)


def _take(item: dict[str, object], usual: Moments | None = None, now_ms: int | None = _NOW_MS) -> object:
    rest, moments, problems = take_moments(item, usual or Moments(), lambda: now_ms)
    assert not has_moments(rest)
    return moments if not problems else [(each.field, each.reason) for each in problems]


@pytest.mark.parametrize("given", [_LATER, _LATER.isoformat(), f" {_LATER.isoformat()} "])
def test_an_items_own_moment_counts_instead_of_the_calls(given: object) -> None:
    usual = Moments(_NOW_MS + 1, _NOW_MS + 90_000)

    assert _take({"send_at": given}, usual) == Moments(_NOW_MS + 60_000, _NOW_MS + 90_000)
    assert _take({"expires_at": given}, usual) == Moments(_NOW_MS + 1, _NOW_MS + 60_000)


@pytest.mark.parametrize("given", [None, "", "  "])
def test_no_moment_leaves_the_calls(given: object) -> None:
    usual = Moments(_NOW_MS + 1, _NOW_MS + 2)

    assert _take({"send_at": given, "expires_at": given}, usual) == usual


def test_a_moment_that_has_passed_means_at_once() -> None:
    assert _take({"send_at": _EARLIER}) == Moments()


def test_the_item_that_was_given_is_not_changed() -> None:
    item: dict[str, object] = {"send_at": _LATER, "msg": "m"}

    rest, _, _ = take_moments(item, Moments(), lambda: None)

    assert rest == {"msg": "m"}
    assert item == {"send_at": _LATER, "msg": "m"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("tomorrow", "is not an ISO 8601 time"),
        ("2030-01-01T09:00:00", "has no time zone"),
        ("2030-01-01", "names a day and not the time of the day"),
        (datetime(2030, 1, 1), "has no time zone"),  # noqa: DTZ001  naive is the point
        (date(2030, 1, 1), "is of type date, not a time"),
        (1_900_000_000, "is of type int, not a time"),
    ],
)
@pytest.mark.parametrize("field", ["send_at", "expires_at"])
def test_what_is_no_moment_is_refused_with_a_remedy(field: str, value: object, reason: str) -> None:
    _, _, (problem,) = take_moments({field: value}, Moments(), lambda: _NOW_MS)

    assert problem.field == field
    assert problem.reason.startswith(reason)
    assert "as in 2026-03-01T09:00:00+09:00" in problem.remedy


def test_both_are_refused_at_once() -> None:
    assert _take({"send_at": 1, "expires_at": "x"}) == [
        ("send_at", "is of type int, not a time"),
        ("expires_at", "is not an ISO 8601 time"),
    ]


def test_moments_that_leave_no_time_are_refused_at_the_one_that_the_item_names() -> None:
    at_ms = _NOW_MS + 60_000
    assert _take({"send_at": _LATER}, Moments(None, at_ms)) == [
        ("send_at", "is not before expires_at, so nothing would ever be sent")
    ]
    assert _take({"expires_at": _LATER}, Moments(at_ms, None)) == [
        ("expires_at", "is not after send_at, so nothing would ever be sent")
    ]
    assert _take({"expires_at": _EARLIER}) == [("expires_at", "has passed, so nothing would be sent")]


def test_where_the_time_is_not_known_the_outbox_is_left_to_find_out() -> None:
    moments = _take({"expires_at": _EARLIER}, now_ms=None)

    assert moments == Moments(None, _NOW_MS - 3_540_000)


def test_redis_is_asked_for_its_time_once_and_only_when_needed() -> None:
    asked: list[int] = []

    def read() -> int:
        asked.append(1)
        return _NOW_MS

    clock = ServerClock(read)
    assert asked == []
    first, second = clock.now_ms(), clock.now_ms()
    assert asked == [1]
    assert first is not None
    assert second is not None
    assert _NOW_MS <= first <= second < _NOW_MS + 5_000


def test_a_redis_that_does_not_answer_says_no_time_and_is_not_asked_again() -> None:
    asked: list[int] = []

    def fail() -> int:
        asked.append(1)
        raise OutboxUnavailable("gone")

    clock = ServerClock(fail)
    assert (clock.now_ms(), clock.now_ms()) == (None, None)
    assert asked == [1]
