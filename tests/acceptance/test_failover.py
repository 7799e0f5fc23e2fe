"""A master lost under load: workers, beat and producers go on by themselves, found through Sentinels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.failover.cases import MIN_REPLICAS, Case, Loss
from tests.failover.course import Course
from tests.failover.writer import ITEMS_AT_ONCE

if TYPE_CHECKING:
    from pathlib import Path


def test_all_go_on_by_themselves_when_the_master_and_a_sentinel_are_killed(tmp_path: Path) -> None:
    """The replica has what the master acknowledged, for here nothing lies between the two."""
    case = Case(
        "killed with a Sentinel",
        Loss.KILLED,
        replicas=1,
        sentinel_too=True,
        load_s=1,
        more_s=2,
        away_s=None,
        backlog=100,
        down_after_ms=1000,
        rate_per_s=100,
    )
    with Course(case, tmp_path) as course:
        outcome = course.run()
    # Before the Sentinels' own retries were taken away, it was 38 s until the next send.
    assert max(outcome.sent_s, outcome.added_s, outcome.rung_s) < 15
    for part in outcome.parts:
        assert part.added > 0
        assert not part.lost
        assert not part.forgotten
        assert not part.unsent
        assert not part.misjudged
    assert not outcome.breaks


def test_frozen_master_that_wakes_takes_a_call_at_most_where_it_needs_a_replica(tmp_path: Path) -> None:
    """A producer that rested keeps its connection to the old master, and would add a hundred a second there.

    What waited in a socket is answered before the master sees that its replicas are gone.
    """
    case = Case(
        "frozen with a Sentinel",
        Loss.FROZEN,
        settings=MIN_REPLICAS,
        sentinel_too=True,
        load_s=1,
        more_s=0,
        away_s=5,
        backlog=100,
        down_after_ms=1000,
        rate_per_s=100,
    )
    with Course(case, tmp_path) as course:
        outcome = course.run()
    # With the broker's old timeouts workers stood still for 25 s.
    assert outcome.silence_s - outcome.promoted_s < 15
    assert outcome.bystander is not None
    for part in (*outcome.parts, outcome.bystander):
        assert part.added > 0
        assert len(part.lost) <= ITEMS_AT_ONCE
    assert not outcome.breaks
