"""Options are judged before anything is opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import click
import pytest

from plexsend.cli.options import ACCOUNT, LANE, MOMENT, SERVICE
from plexsend.outbox.lanes import Lane


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T09:00:00+09:00", datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=9)))),
        ("2026-03-01T00:00:00Z", datetime(2026, 3, 1, tzinfo=UTC)),
        (" 2026-03-01 00:00+00:00 ", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_time_with_a_zone_is_taken(text: str, moment: datetime) -> None:
    assert MOMENT.convert(text, None, None) == moment


@pytest.mark.parametrize(
    "text", ["2026-03-01T09:00:00", "2026-03-01 9:00", "2026/3/1 09:00", "2026. 3. 1. 9:00"]
)
def test_a_time_without_a_zone_gets_none_here(text: str) -> None:
    assert MOMENT.convert(text, None, None) == datetime(2026, 3, 1, 9)  # noqa: DTZ001  naive is the point


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not an ISO 8601 time"),
        ("tomorrow", "is not an ISO 8601 time"),
        ("2026-02-30T00:00:00Z", "is not an ISO 8601 time"),
        ("2026-13-01 09:00", "is not an ISO 8601 time"),
        ("1767225600", "is not an ISO 8601 time"),
        ("2026-03-01", "names a day and not the time of the day"),
        ("0001-01-01T00:00:00", "is in a year"),
        ("9999-12-31T23:59:59Z", "is in a year"),
    ],
)
def test_what_is_no_time_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(click.BadParameter, match=reason):
        MOMENT.convert(text, None, None)


def test_what_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(click.BadParameter, match=r"Write 2026-03-01T09:00, or with a zone 2026-03-01T09:"):
        MOMENT.convert("tomorrow", None, None)


def test_an_unknown_service_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(click.BadParameter, match=r"'mms-bluk'. Did you mean mms-bulk?"):
        SERVICE.convert("mms-bluk", None, None)


def test_a_secret_given_as_an_account_is_not_shown() -> None:
    with pytest.raises(click.BadParameter) as refused:
        ACCOUNT.convert("shop;s3cret", None, None)

    assert "s3cret" not in refused.value.message


def test_a_lane_is_read_as_it_is_written() -> None:
    assert LANE.convert("rcs-mms-bulk.RMM@main", None, None) == Lane("rcs-mms-bulk", "RMM", "main")


def test_what_is_no_lane_is_refused() -> None:
    with pytest.raises(click.BadParameter, match="SERVICE@ACCOUNT"):
        LANE.convert("mms-bulk", None, None)
