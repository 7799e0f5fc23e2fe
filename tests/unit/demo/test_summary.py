"""The summary is green only if everything is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plexsend.demo.night import NightSeen
from plexsend.demo.summary import Imported, busiest_second, compare
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading.audit import Audit
from plexsend.outbox.reading.discrepancies import Discrepancy
from plexsend.outbox.records import Record
from plexsend.outbox.states import State
from plexsend.sandbox import Arrival

if TYPE_CHECKING:
    from collections.abc import Callable

from plexsend.demo.summary import Summary


def record(key: str, state: State = State.DELIVERED) -> Record:
    lane = Lane("mms-bulk", None, "main")
    return Record(key, state, lane, 0, 0, 0, "", "", "", "", None, None, None, None)


def test_all_well_is_ok(make_summary: Callable[..., Summary]) -> None:
    assert make_summary().ok


@pytest.mark.parametrize(
    "change",
    [
        {"audit": Audit(102, {}, {}, (Discrepancy("mms-bulk@main", "k", "it is gone"),))},
        {"unfinished": {"uncertain": 1}},
        {"disagreements": ("1 accepted by the gateway, but not recorded so: k",)},
        # What was imported is not what the outbox knows of.
        {"imported": Imported(101, 2)},
        {"fallbacks": 1},
        {"night": None},
        # An advertisement went at night.
        {"night": NightSeen("12:00-08:00", 9, 14.2, early=1)},
    ],
)
def test_anything_unproved_is_not_ok(make_summary: Callable[..., Summary], change: dict[str, Any]) -> None:
    assert not make_summary(**change).ok


def test_records_and_gateway_agree_when_both_name_the_same_keys() -> None:
    receipts = [record(str(state), state) for state in (State.ACCEPTED, State.UNDELIVERED, State.UNKNOWN)]
    records = [record("a"), record("b"), record("c", State.REJECTED), *receipts]

    there = {"a": 1, "b": 2, "accepted": 1, "undelivered": 1, "unknown": 1}
    assert list(compare(records, there)) == []


def test_each_side_that_knows_more_is_named_with_its_keys() -> None:
    records = [record("a"), record("b", State.SCHEDULED)]

    assert list(compare(records, {"b": 1})) == [
        "1 recorded as accepted, but the gateway has not accepted them: a",
        "1 accepted by the gateway, but not recorded so: b",
    ]


def test_a_long_disagreement_is_cut() -> None:
    (words,) = compare([], {f"k{number}": 1 for number in range(9)})

    assert words.endswith("k0, k1, k2, k3, k4, …")


@pytest.mark.parametrize(
    ("times", "busiest"),
    [
        ([], 0),
        ([(0.0, 10)], 10),
        ([(0.0, 10), (0.999, 10)], 20),
        ([(0.0, 10), (1.0, 10)], 10),
        # In any order, since threads note their arrivals as they come to it.
        ([(1.5, 5), (0.0, 10), (0.9, 10), (1.1, 10), (3.0, 10)], 25),
    ],
)
def test_the_busiest_second_is_any_second(times: list[tuple[float, int]], busiest: int) -> None:
    assert busiest_second([Arrival(at_s, "mms-bulk", "main", items) for at_s, items in times]) == busiest
