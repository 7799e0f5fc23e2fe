"""Books of a lane whose messages go on changing after they ended, since receipts come."""

from __future__ import annotations

from collections import Counter

import pytest

from plexsend.outbox.reading.books import SETS, Books, Tally, miscounts

AT, LAST = 1_000, 2_000
SIZES = dict.fromkeys(SETS, 0)
BEFORE = Books(AT, {"submitted": 10, "s:accepted": 10}, SIZES)
AFTER = Books(
    LAST, {"submitted": 11, "s:accepted": 5, "s:delivered": 4, "a:delivered": 1, "s:waiting": 1}, SIZES
)


def seen(accepted: int, delivered: int, *, ended_ms: int = 500, changed_ms: int = 1_500) -> Tally:
    """Return what records say of which these were delivered while they were read."""
    lately = Counter({("delivered", ended_ms, changed_ms): delivered})
    return Tally(Counter(accepted=accepted, delivered=delivered), lately)


@pytest.mark.parametrize("tally", [seen(10, 0), seen(6, 4), seen(5, 4)])
def test_what_receipts_change_meanwhile_is_not_missing(tally: Tally) -> None:
    """Also one that was delivered and then taken away."""
    assert list(miscounts("lane", BEFORE, AFTER, tally)) == []


def test_record_that_is_missing_is_found_among_all_that_ended() -> None:
    """Receipts came for messages of two states, of which one lacks a record."""
    before = Books(AT, {"submitted": 10, "s:accepted": 8, "s:undelivered": 2}, SIZES)
    after = Books(LAST, {"submitted": 10, "s:accepted": 5, "s:undelivered": 1, "s:delivered": 4}, SIZES)
    tally = seen(4, 4)
    tally.states["undelivered"] = 1
    (found,) = miscounts("lane", before, after, tally)
    assert (found.state, found.counted, found.records) == ("ended", 10, 9)
    assert found.discrepancy.what == "10 counted as ended, but 9 records are"


def test_state_that_nothing_moved_into_is_compared_by_itself() -> None:
    """A delivered message of before is not what is missing among the accepted ones."""
    (found,) = miscounts("lane", BEFORE, AFTER, seen(7, 1, ended_ms=1_500))
    assert (found.state, found.records) == ("accepted", 7)


def test_record_too_many_is_found_whatever_moves() -> None:
    (found,) = miscounts("lane", BEFORE, AFTER, seen(11, 4))
    assert (found.state, found.records) == ("accepted", 11)
