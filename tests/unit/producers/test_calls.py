"""Calls that are made in threads of their own, or by their caller where there are none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from plexsend.producers.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system whose limit of threads is reached, as it says so."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.usefixtures("no_threads")
@pytest.mark.parametrize("timeout_s", [None, 5.0])
def test_without_threads_the_caller_makes_the_call_itself(timeout_s: float | None) -> None:
    with Calls(timeout_s) as calls:
        future = calls.begin(threading.get_ident)
        assert calls.finish(future) == threading.get_ident()


@pytest.mark.usefixtures("no_threads")
def test_what_such_a_call_raises_is_its_callers() -> None:
    with Calls() as calls:
        future = calls.begin(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            calls.finish(future)


def _begin_and_raise(call: Callable[[], None], error: BaseException) -> None:
    with Calls() as calls:
        calls.begin(call)
        raise error


def test_who_interrupts_does_not_wait_for_a_call_that_hangs() -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def hang() -> None:
        goes_on.wait(20)
        ended.set()

    try:
        with pytest.raises(KeyboardInterrupt):
            _begin_and_raise(hang, KeyboardInterrupt())
        assert not ended.is_set()
    finally:
        goes_on.set()


def test_an_error_of_the_caller_waits_so_that_nothing_goes_on_behind_it() -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def take_a_moment() -> None:
        goes_on.wait(0.05)
        ended.set()

    with pytest.raises(ValueError, match="theirs"):
        _begin_and_raise(take_a_moment, ValueError("theirs"))
    assert ended.is_set()
