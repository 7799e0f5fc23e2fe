"""KEDA's formula: ceil(value / threshold), the largest trigger, least, most, fallback, and slowly down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.rehearsal.keda import ScaledObject, Scaler, Trigger

WANTED = ScaledObject(
    target="plexsend-worker-mms",
    least=1,
    most=6,
    triggers=(
        Trigger("waiting", "sum(a)", 5000.0, ignores_none=False),
        Trigger("busy", "sum(b)", 1.0, ignores_none=False),
    ),
    failures=3,
    fallback=2,
    keeps_more=True,
    steady_s=300,
    down_pods=1,
    down_every_s=60,
)


@pytest.mark.parametrize(
    ("waiting", "busy", "replicas"),
    [
        (0, 0, 1),
        (5000, 0, 1),
        (5499, 0, 1),
        (5501, 0, 2),
        (14_000, 0, 3),
        (14_000, 4, 4),
        (1_000_000, 0, 6),
    ],
)
def test_the_larger_of_both_counts_within_least_and_most(waiting: float, busy: float, replicas: int) -> None:
    assert Scaler(WANTED).decide(1, [waiting, busy], 0) == replicas


def test_what_is_within_a_tenth_changes_nothing() -> None:
    assert Scaler(WANTED).decide(2, [10_900, 0], 0) == 2
    assert Scaler(WANTED).decide(2, [11_100, 0], 0) == 3


def test_it_goes_down_after_the_steady_time_one_at_a_time() -> None:
    scaler = Scaler(WANTED)
    assert scaler.decide(1, [14_000, 0], 0) == 3
    assert scaler.decide(3, [0, 0], 10) == 3
    assert scaler.decide(3, [0, 0], 299) == 3
    assert scaler.decide(3, [0, 0], 301) == 2
    assert scaler.decide(2, [0, 0], 330) == 2
    assert scaler.decide(2, [0, 0], 362) == 1
    assert scaler.decide(1, [0, 0], 500) == 1


def test_times_are_divided_by_the_factor() -> None:
    scaler = Scaler(WANTED, factor=60)
    assert scaler.decide(1, [14_000, 0], 0) == 3
    assert scaler.decide(3, [0, 0], 4.9) == 3
    assert scaler.decide(3, [0, 0], 5.1) == 2


def test_no_value_three_times_in_a_row_asks_for_the_fallback() -> None:
    scaler = Scaler(WANTED)
    assert [scaler.decide(1, [None, None], now) for now in (0, 15)] == [1, 1]
    assert scaler.decide(1, [None, None], 30) == 2
    assert scaler.decide(5, [None, None], 45) == 5
    assert Scaler(replace(WANTED, failures=1, keeps_more=False, steady_s=0)).decide(3, [None, None], 0) == 2


def test_a_trigger_that_fails_lets_no_worker_go_but_more_come() -> None:
    assert Scaler(WANTED).decide(3, [None, 0], 0) == 3
    assert Scaler(WANTED).decide(3, [None, 4], 0) == 4


def test_a_value_in_between_starts_the_count_anew() -> None:
    scaler = Scaler(WANTED)
    values = [None, None, 0.0, None, None]
    assert [scaler.decide(1, [value, 0.0], now) for now, value in enumerate(values)] == [1] * 5


def test_no_value_is_nothing_where_the_trigger_says_so() -> None:
    triggers = tuple(replace(each, ignores_none=True) for each in WANTED.triggers)
    scaler = Scaler(replace(WANTED, triggers=triggers, failures=1))
    assert scaler.decide(1, [None, None], 0) == 1
