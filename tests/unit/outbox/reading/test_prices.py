"""An old month costs what it cost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from plexsend.outbox.policies.changes import Change
from plexsend.outbox.policies.in_force import Agreed, PersonsValue
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading.prices import PriceList
from plexsend.outbox.states import State


def change(day: int, where: str, value: str | None, name: str = "price", hour: int = 3) -> Change:
    """Return a change in November 2026, at an hour of UTC."""
    at_ms = round(datetime(2026, 11, day, hour, tzinfo=UTC).timestamp() * 1000)
    return Change(at_ms, where, name, value, by="mina", reason="contract")


def price(
    changes: list[Change], day: int, service: str = "mms-bulk", account: str = "main"
) -> Decimal | None:
    return PriceList(Agreed(), changes).pricing(account, service, date(2026, 11, day)).price


def test_a_price_holds_from_its_day_on() -> None:
    changes = [change(3, "mms-bulk", "60"), change(20, "mms-bulk", "65")]
    assert [price(changes, day) for day in (3, 19, 20, 30)] == [60, 60, 65, 65]


def test_the_first_price_holds_before_it_too() -> None:
    assert price([change(28, "mms-bulk", "60")], 1) == 60


def test_the_last_of_a_day_holds_for_all_of_it() -> None:
    """A slip that is corrected on the same day costs nobody anything."""
    changes = [change(1, "mms-bulk", "60"), change(9, "mms-bulk", "600"), change(9, "mms-bulk", "62", hour=4)]
    assert price(changes, 9) == 62


def test_a_day_is_one_of_the_accounts_zone() -> None:
    """Eight in the evening of UTC is the next day in Korea."""
    assert price([change(1, "mms-bulk", "60"), change(9, "mms-bulk", "70", hour=20)], 9) == 60
    assert price([change(1, "mms-bulk", "60"), change(9, "mms-bulk", "70", hour=20)], 10) == 70


def test_a_price_that_is_taken_back_is_none_from_then_on() -> None:
    changes = [change(1, "mms-bulk", "60"), change(9, "mms-bulk", None), change(20, "mms-bulk", "70")]
    assert [price(changes, day) for day in (8, 9, 19, 20)] == [60, None, None, 70]


@pytest.mark.parametrize(
    ("service", "account", "expected"),
    [("mms-bulk", "main", 60), ("mms-bulk", "shop", 55), ("sms-bulk", "shop", 8), ("sms-bulk", "main", None)],
)
def test_the_nearest_place_counts(service: str, account: str, expected: int | None) -> None:
    changes = [change(1, "mms-bulk", "60"), change(1, "@shop", "8"), change(1, "mms-bulk@shop", "55")]
    assert price(changes, 5, service, account) == expected


def test_what_no_history_has_is_what_is_set_now() -> None:
    """The history keeps the last thousand changes."""
    held = {(Where("mms-bulk"), "price"): PersonsValue("60.5", "mina", "old", 0)}
    found = PriceList(Agreed(set_values=held), []).pricing("main", "mms-bulk", date(2026, 11, 1))
    assert found.price == Decimal("60.5")


def test_billed_states_change_in_the_same_way() -> None:
    changes = [change(5, "all", "delivered", "billed"), change(20, "all", "delivered,unknown", "billed")]
    found = [
        PriceList(Agreed(), changes).pricing("main", "mms-bulk", date(2026, 11, day)).billed
        for day in (1, 25)
    ]
    assert found == [{State.DELIVERED}, {State.DELIVERED, State.UNKNOWN}]
    usual = PriceList(Agreed(), []).pricing("main", "mms-bulk", date(2026, 11, 1)).billed
    assert usual == {State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.UNKNOWN}
