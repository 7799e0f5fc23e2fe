"""Checks one after another: what fails or hangs does not end the others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from plexsend.cli.doctor.checks import Check, Situation, examine, within
from plexsend.cli.doctor.rows import CheckRow, Grade, ok
from plexsend.errors import MissingExtra, OutboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOTHING = cast("Situation", None)


def check(look: Callable[[Situation], Iterable[CheckRow]], *, needs_redis: bool = False) -> Check:
    return Check("Part", look, needs_redis=needs_redis)


def fine(_: Situation) -> list[CheckRow]:
    return [ok("part", "fine")]


def failing(exc: Exception) -> Callable[[Situation], Iterable[CheckRow]]:
    def look(_: Situation) -> Iterable[CheckRow]:
        raise exc

    return look


def grades(*checks: Check, **options: Any) -> list[list[Grade]]:
    return [[row.grade for row in rows] for _, rows in examine(NOTHING, checks, **options)]


@pytest.mark.parametrize(
    ("exc", "grade"),
    [
        (OutboxUnavailable("Redis does not answer"), Grade.WRONG),
        (MissingExtra(["worker"], "celery is not installed"), Grade.DOUBTFUL),
        (ZeroDivisionError("of ours"), Grade.DOUBTFUL),
    ],
)
def test_a_check_that_fails_is_a_row_and_the_next_goes_on(exc: Exception, grade: Grade) -> None:
    assert grades(check(failing(exc)), check(fine)) == [[grade], [Grade.OK]]


def test_without_redis_what_needs_it_is_left_out_and_the_rest_is_looked_at() -> None:
    def never(_: Situation) -> Iterable[CheckRow]:
        raise AssertionError

    gone = check(failing(OutboxUnavailable("gone")), needs_redis=True)
    found = list(examine(NOTHING, [gone, check(never, needs_redis=True), check(fine)]))
    assert [rows[0].grade for _, rows in found] == [Grade.WRONG, Grade.DOUBTFUL, Grade.OK]
    assert "Redis does not answer" in found[1][1][0].found


def test_a_check_that_hangs_is_given_up() -> None:
    released = threading.Event()

    def hang(_: Situation) -> Iterable[CheckRow]:
        released.wait(30)
        return []

    try:
        assert grades(check(hang), check(fine), longest_s=0.05) == [[Grade.WRONG], [Grade.OK]]
    finally:
        released.set()


def test_within_its_time_a_call_returns_and_raises_as_it_is() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(KeyError):
        within(5, lambda: {"a": 1}["k"])
