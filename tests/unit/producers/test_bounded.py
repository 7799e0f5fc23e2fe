"""Calls made a few at a time: their order, their number, and what an error ends."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from plexsend.producers.pictures.bounded import AT_ONCE, run_all


def test_results_come_in_the_order_of_the_calls() -> None:
    assert run_all([partial(int, n) for n in range(50)]) == list(range(50))
    assert run_all([lambda: 1]) == [1]
    assert run_all([]) == []


def test_no_more_than_a_few_are_under_way() -> None:
    most, now, lock = 0, 0, threading.Lock()
    together = threading.Barrier(AT_ONCE)

    def call() -> None:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        together.wait(10)
        with lock:
            now -= 1

    run_all([call] * (AT_ONCE * 5))
    assert most == AT_ONCE


def test_an_error_is_raised_and_ends_what_was_not_begun() -> None:
    begun: list[int] = []

    def call(n: int) -> int:
        begun.append(n)
        if n == 3:
            raise LookupError(n)
        return n

    with pytest.raises(LookupError):
        run_all([partial(call, n) for n in range(1_000)])
    assert len(begun) < 1_000
