"""The plan of a run: numbers in, numbers out."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexsend.campaigns.plans.pace import PacePart, pace
from plexsend.campaigns.plans.planning import PlanFacts, RunPlanned, Spill, plan

NOW = 1_796_000_000_000
S = 1_000
H = 3_600_000


def planned(**more: Any) -> RunPlanned:
    facts: dict[str, Any] = {
        "now_ms": NOW,
        "starts_ms": NOW,
        "expires_ms": None,
        "messages": 6_000,
        "per_s": 100.0,
    }
    return plan(PlanFacts(**{**facts, **more}))


def test_run_goes_at_the_rate_of_its_service() -> None:
    found = planned(linger_ms=200)
    assert (found.starts_at_ms, found.ends_at_ms) == (NOW, NOW + 60 * S + 200)
    assert (found.messages, found.requests, found.per_s, found.is_rated) == (6_000, 600, 100.0, True)


def test_its_own_rate_is_a_limit_and_not_a_goal() -> None:
    assert planned(own_per_s=50.0).ends_at_ms == NOW + 120 * S
    assert planned(own_per_s=500.0).ends_at_ms == NOW + 60 * S


def test_what_waits_in_other_lanes_has_its_share_until_it_is_through() -> None:
    assert planned(backlog=(1_000,)).ends_at_ms == NOW + 70 * S
    assert planned(backlog=(1_000_000,)).ends_at_ms == NOW + 120 * S
    assert planned(backlog=(1_000_000, 1_000_000)).ends_at_ms == NOW + 180 * S


def test_what_waits_now_is_through_before_a_run_that_starts_later() -> None:
    later = NOW + 20 * S
    assert planned(backlog=(1_000,), starts_ms=later).ends_at_ms == later + 61 * S


def test_a_rate_of_its_own_leaves_the_rest_to_what_waits() -> None:
    found = planned(backlog=(6_000,), own_per_s=25.0)
    assert found.ends_at_ms == NOW + 240 * S


def test_without_a_rate_the_end_is_a_guess_that_says_so() -> None:
    found = planned(per_s=0.0, connections=4)
    assert (found.is_rated, found.per_s) == (False, 80.0)


def test_what_does_not_fit_into_a_window_goes_in_the_next_one() -> None:
    window = ((NOW - H, NOW + 30 * S), (NOW + H, NOW + 2 * H))
    found = planned(window=window)
    assert found.spills == (Spill("window", NOW + 30 * S, 3_000, NOW + H),)
    assert found.ends_at_ms == NOW + H + 30 * S


def test_window_that_opens_later_is_when_it_starts() -> None:
    found = planned(window=((NOW + H, NOW + 2 * H),))
    assert (found.starts_at_ms, found.ends_at_ms) == (NOW + H, NOW + H + 60 * S)
    assert found.spills == ()


def test_what_the_end_of_the_run_cuts_off_is_not_sent_and_not_paid() -> None:
    found = planned(expires_ms=NOW + 40 * S, price=Decimal("8.5"))
    assert (found.expired, found.cost, found.ends_at_ms) == (2_000, Decimal(34_000), NOW + 40 * S)


def test_run_that_expires_before_its_window_opens_sends_nothing() -> None:
    found = planned(window=((NOW + H, NOW + 2 * H),), expires_ms=NOW + 10 * S)
    assert (found.expired, found.starts_at_ms, found.ends_at_ms) == (6_000, NOW, NOW)


def test_quiet_hours_keep_only_advertisements_without_a_consent() -> None:
    quiet = ((NOW - H, NOW + 30 * S), (NOW + 11 * H, NOW + 23 * H))
    found = planned(messages=3_000, quiet_messages=3_000, quiet=quiet)
    assert found.spills == (Spill("quiet hours", NOW + 30 * S, 3_000, NOW + 11 * H),)
    # The others have the rate alone until their end at 45 s.
    assert found.ends_at_ms == NOW + 11 * H + 15 * S
    assert planned(messages=6_000, quiet=quiet).spills == ()


def test_pictures_that_are_deleted_before_the_end_are_named() -> None:
    kept, gone = ("images.0", NOW + H), ("images.1", NOW + 59 * S)
    assert planned(pictures=(kept, gone)).pictures == (gone,)


def test_day_limit_says_how_many_it_does_not_let_go() -> None:
    assert planned(left_today=5_999).over_limit == 1
    assert planned(left_today=None).over_limit == 0


def test_last_request_of_each_lane_is_not_full() -> None:
    assert planned(messages=101, lanes=3).requests == 13
    assert planned(messages=2, lanes=3).requests == 2


def test_memory_is_bounded_by_what_may_wait() -> None:
    few, many = planned(messages=10, body_bytes=10 * 500, rows=10), planned(messages=10**7, rows=10**7)
    assert few.memory_bytes == 10 * (500 + 435 + 340 + 1)
    assert many.memory_bytes == 64_000_000 + 10**7 * 341


def test_run_keeps_what_its_report_compares_with() -> None:
    kept = json.loads(planned(price=Decimal("8.5")).as_json())
    assert kept["messages"] == 6_000
    assert kept["ends_at_ms"] - kept["starts_at_ms"] == 60 * S
    assert kept["cost"] == "51000.0"


@pytest.mark.parametrize("messages", [0, 1])
def test_least_runs(messages: int) -> None:
    found = planned(messages=messages)
    assert (found.messages, found.requests, found.expired) == (messages, messages, 0)


SPANS = st.lists(st.integers(0, 1_000), max_size=8, unique=True).map(
    lambda edges: tuple(
        (float(begins * S), float(ends * S))
        for begins, ends in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    )
)
PARTS = st.lists(
    st.builds(PacePart, st.integers(0, 5_000).map(float), st.none() | SPANS, st.booleans()), max_size=4
)


@given(PARTS, st.integers(1, 500), st.integers(1, 500), st.none() | st.integers(0, 2_000))
def test_nothing_is_lost_and_nothing_goes_outside_its_hours_or_above_the_rate(
    parts: list[PacePart], per_s: int, own_per_s: int, until_s: int | None
) -> None:
    until_ms = None if until_s is None else until_s * S
    found = pace(parts, 0.0, per_s=per_s, own_per_s=own_per_s, until_ms=until_ms)
    own = sum(part.messages for part in parts if part.is_own)
    left = sum(left for part, left in zip(parts, found.left, strict=True) if part.is_own)
    sent = sum(each.messages for each in found.stretches)
    assert sent + left == pytest.approx(own, abs=1e-3)
    for each in found.stretches:
        limit = min(per_s, own_per_s) * (each.until_ms - each.from_ms) / S
        assert each.messages <= limit + 1e-3
        assert until_ms is None or each.until_ms <= until_ms
    assert found.sent_by(float("inf")) == pytest.approx(sent)
    if until_ms is None:
        assert all(not left or part.spans is not None for part, left in _own(parts, found.left))


def _own(parts: list[PacePart], left: tuple[float, ...]) -> list[tuple[PacePart, float]]:
    return [(part, each) for part, each in zip(parts, left, strict=True) if part.is_own]
