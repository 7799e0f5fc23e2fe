"""Shares are honest about small numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.campaigns.report.shares import ShareDifference, percent


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 10, "0.0%"),
        (10, 10, "100.0%"),
        (1, 3, "33.3%"),
        (1, 1_000_000, "<0.1%"),
        (999_999, 1_000_000, ">99.9%"),
        (0, 0, "–"),
    ],
)
def test_what_is_not_all_is_never_a_hundred_percent(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


def test_the_bounds_are_those_of_newcombe() -> None:
    """The example of his paper: 56 of 70 against 48 of 80."""
    bounds = ShareDifference(56, 70, 48, 80).bounds
    assert bounds == pytest.approx((5.24, 33.39), abs=0.01)


def test_few_rows_say_nothing_and_many_say_much() -> None:
    assert ShareDifference(9, 10, 500, 1_000).are_few
    assert not ShareDifference(9, 30, 500, 1_000).are_few
    assert ShareDifference(48, 50, 470, 500).may_be_chance
    assert not ShareDifference(9_600, 10_000, 9_400, 10_000).may_be_chance
    assert ShareDifference(0, 0, 1, 2).points is None
    assert ShareDifference(0, 0, 1, 2).may_be_chance


@given(st.integers(1, 5_000), st.integers(1, 5_000), st.data())
def test_a_difference_lies_within_its_bounds(whole: int, other: int, data: st.DataObject) -> None:
    part, other_part = data.draw(st.integers(0, whole)), data.draw(st.integers(0, other))
    found = ShareDifference(part, whole, other_part, other)
    assert found.points is not None
    assert found.bounds is not None
    low, high = found.bounds
    assert -100.0001 <= low <= found.points + 1e-9
    assert found.points - 1e-9 <= high <= 100.0001
