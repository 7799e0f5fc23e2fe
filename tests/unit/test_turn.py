"""One thread has the turn at a time, and another gets it exactly where its holder waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from plexsend.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON_S = 30.0
"""How long what must happen may take on a busy machine."""


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    """A second thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def is_free(turn: Turn, other: ThreadPoolExecutor) -> bool:
    """Tell whether a second thread could have the turn right now; it gives it up again."""

    def probe() -> bool:
        taken = turn._lock.acquire(blocking=False)
        if taken:
            turn._lock.release()
        return taken

    return other.submit(probe).result(SOON_S)


def test_turn_is_held_for_the_block_and_given_up_behind_it(other: ThreadPoolExecutor) -> None:
    turn = Turn()
    with turn:
        assert not is_free(turn, other)
    assert is_free(turn, other)


def test_exception_in_the_block_gives_up_the_turn(other: ThreadPoolExecutor) -> None:
    turn = Turn()
    with pytest.raises(KeyError), turn:
        raise KeyError
    assert is_free(turn, other)


def test_holder_is_without_the_turn_only_while_it_is_outside(other: ThreadPoolExecutor) -> None:
    turn = Turn()
    with turn:
        for _ in range(2):
            with turn.outside():
                assert is_free(turn, other)
            assert not is_free(turn, other)


def test_waiting_thread_gets_the_turn_while_the_holder_is_outside_and_not_before(
    other: ThreadPoolExecutor,
) -> None:
    turn = Turn()
    order: list[str] = []
    asks, has = threading.Event(), threading.Event()

    def take_and_tell() -> None:
        asks.set()
        with turn:
            order.append("other")
            has.set()

    with turn:
        done = other.submit(take_and_tell)
        assert asks.wait(SOON_S)
        order.append("holder")
        with turn.outside():
            assert has.wait(SOON_S)
        order.append("holder again")
    done.result(SOON_S)
    assert order == ["holder", "other", "holder again"]


def test_holder_that_comes_back_waits_for_the_thread_that_has_the_turn(other: ThreadPoolExecutor) -> None:
    turn = Turn()
    order: list[str] = []
    has, may_leave = threading.Event(), threading.Event()

    def keep() -> None:
        with turn:
            has.set()
            assert may_leave.wait(SOON_S)
            order.append("other")

    with turn:
        with turn.outside():
            done = other.submit(keep)
            assert has.wait(SOON_S)
            may_leave.set()
        order.append("holder")
    done.result(SOON_S)
    assert order == ["other", "holder"]


def test_exception_outside_takes_the_turn_back(other: ThreadPoolExecutor) -> None:
    turn = Turn()
    with turn:
        with pytest.raises(KeyError), turn.outside():
            raise KeyError
        assert not is_free(turn, other)
    assert is_free(turn, other)


def test_outside_within_outside_takes_the_turn_back_once_at_the_outermost_end(
    other: ThreadPoolExecutor,
) -> None:
    turn = Turn()
    with turn:
        with turn.outside():
            with turn.outside():
                assert is_free(turn, other)
            assert is_free(turn, other)
        assert not is_free(turn, other)
    assert is_free(turn, other)


def test_outside_changes_nothing_for_a_thread_without_the_turn(other: ThreadPoolExecutor) -> None:
    turn = Turn()
    with turn.outside():
        assert is_free(turn, other)
    assert is_free(turn, other)


def test_thread_without_the_turn_does_not_give_up_that_of_another(other: ThreadPoolExecutor) -> None:
    turn = Turn()

    def wait() -> bool:
        with turn.outside():
            return turn.leave()

    with turn:
        assert other.submit(wait).result(SOON_S) is False
        assert not is_free(turn, other)


def test_only_a_holder_leaves() -> None:
    turn = Turn()
    assert turn.leave() is False
    turn.take()
    assert turn.leave() is True
    assert turn.leave() is False


def test_no_two_threads_have_the_turn_at_once() -> None:
    """Counting that another thread may come between would lose counts, or see more than one inside."""
    turn = Turn()
    inside: list[int] = []
    most = 0

    def go() -> None:
        nonlocal most
        with turn:
            for _ in range(200):
                inside.append(1)
                most = max(most, len(inside))
                inside.pop()
                with turn.outside():
                    pass

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(go) for _ in range(8)]:
            done.result(SOON_S)
    assert most == 1
