"""A month, and until when it may change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plexsend.errors import UsageError
from plexsend.outbox.policies.in_force import Agreed, PersonsValue
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.months import Month, still_open

SEOUL = ZoneInfo("Asia/Seoul")


def ms_of(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "last"),
    [("2026-11", 30), ("2026-12", 31), ("2028-02", 29), ("2026-02", 28), ("1999-01", 31), ("2999-12", 31)],
)
def test_a_month_has_its_days(text: str, last: int) -> None:
    month = Month.parse(text)
    assert (str(month), month.first.day, month.last.day) == (text, 1, last)
    assert month.after == month.last + timedelta(days=1)
    assert Month.of(date(month.first.year, month.first.month, last)) == month


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-00", "11-2026", "2026-11-01", "0999-01", "٢٠٢٦-١١", ""]
)
def test_what_is_not_a_month_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Write it as 2026-11"):
        Month.parse(text)


def test_receipts_are_waited_for_after_the_last_day_and_records_kept_longer() -> None:
    end = datetime(2026, 12, 1, tzinfo=SEOUL)
    found = still_open(Agreed(), Month.parse("2026-11"), [("main", "sms-standard")])
    assert found.receipts_until_ms == ms_of(end + timedelta(hours=26))
    assert found.changes_until_ms == ms_of(end + timedelta(days=7))
    found = still_open(Agreed(), Month.parse("2026-11"), [("main", "sms-standard"), ("main", "mms-bulk")])
    assert found.receipts_until_ms == ms_of(end + timedelta(hours=84))


def test_a_record_lives_until_its_receipt_however_short_it_is_kept() -> None:
    held = {(Where(), "keep_days"): PersonsValue("1", "mina", "room", 0)}
    found = still_open(Agreed(set_values=held), Month.parse("2026-11"), [("main", "mms-bulk")])
    assert found.changes_until_ms == found.receipts_until_ms


def test_a_month_without_messages_changes_no_more() -> None:
    found = still_open(Agreed(), Month.parse("2026-11"), [])
    assert (found.receipts_until_ms, found.changes_until_ms) == (0, 0)
    assert ms_of(datetime(2026, 12, 1, tzinfo=UTC)) > 0
