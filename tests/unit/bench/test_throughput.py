"""Pace and cost: only what lies between 5 and 95 % of a run counts."""

from __future__ import annotations

import pytest

from bench.gateway import Arrival
from bench.rows.limits import steady_pace, worst_second
from bench.rows.memory import growth
from bench.rows.recovery import longest_pause
from bench.throughput import Sample, cost_us, pace


def test_slow_start_and_end_are_no_part_of_the_pace() -> None:
    steady = [Arrival(10 + number * 0.01, 10) for number in range(100)]
    # The first batch comes a minute early, the last a minute late.
    slow = [Arrival(-50.0, 10), *steady[1:-1], Arrival(70.0, 10)]
    assert pace(slow, 1000) == pytest.approx(1000)


def test_pace_of_a_run_that_hardly_began_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        pace([Arrival(1.0, 10)], 1000)


def test_cost_is_that_of_the_part_that_counts() -> None:
    samples = [
        Sample(0.0, 0, {"sender": 0.0}),
        Sample(1.0, 50, {"sender": 5.0}),
        Sample(2.0, 950, {"sender": 5.9}),
        Sample(3.0, 1000, {"sender": 50.0}),
    ]
    assert cost_us(samples, 1000, "sender") == pytest.approx(1000)


def test_worst_second_leaves_out_what_came_a_second_later() -> None:
    assert worst_second([0.0, 0.5, 0.9]) == 3
    assert worst_second([0.0, 0.5, 1.0]) == 2
    assert worst_second([]) == 0


def test_steady_pace_does_not_hang_on_where_the_span_begins() -> None:
    came = [Arrival(number * 0.1, 10) for number in range(100)]
    for start_s in (0.95, 0.99, 1.0, 1.05):
        assert steady_pace(came, start_s, start_s + 3.0) == pytest.approx(100)


def test_longest_pause_counts_the_ends_of_the_span() -> None:
    came = [Arrival(at_s, 10) for at_s in (1.0, 1.5, 2.0, 9.0)]
    assert longest_pause(came, 1.0, 2.5) == 0.5
    assert longest_pause(came, 1.0, 6.0) == 4.0


def test_growth_compares_the_last_tenth_with_the_second() -> None:
    samples = [(done, 100 + (900 if done < 10 else done)) for done in range(100)]
    assert growth(samples, 100) == pytest.approx((100 + 94.5) / (100 + 14.5))


def test_growth_of_a_run_seen_too_seldom_is_refused() -> None:
    with pytest.raises(ValueError, match="both tenths"):
        growth([(0, 1), (100, 1)], 100)
