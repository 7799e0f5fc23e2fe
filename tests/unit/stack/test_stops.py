"""Signals are heard at any moment, and raise only where that is safe."""

from __future__ import annotations

import importlib
import signal
from typing import TYPE_CHECKING

import pytest

from plexsend.stack.stops import ONE_WISH_S, SIGNALS, StopAsked, Stops

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def hearing() -> Iterator[None]:
    """Handlers as a shell sets them, whatever runs the tests; and whatever it had, back again."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_in_an_interruptible_stretch(number: int) -> None:
    with Stops() as stops, pytest.raises(StopAsked) as asked, stops.interruptible():
        signal.raise_signal(number)

    assert asked.value.number == number


def test_a_signal_elsewhere_is_noted_and_raises_when_the_next_stretch_begins() -> None:
    with Stops() as stops:
        signal.raise_signal(signal.SIGTERM)
        entered = False
        with pytest.raises(StopAsked), stops.interruptible():
            entered = True

    assert not entered


def test_a_signal_raises_once_and_never_behind_the_stretch() -> None:
    with Stops() as stops:
        with pytest.raises(StopAsked), stops.interruptible():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        stops.check()


def test_a_finally_within_the_stretch_is_not_hit_by_a_second_signal() -> None:
    cleaned = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            cleaned.append(True)

    with Stops() as stops, pytest.raises(StopAsked), stops.interruptible():
        work()
    assert cleaned


def test_a_shielded_stretch_runs_to_its_end_and_raises_behind_it() -> None:
    steps = []

    def work(stops: Stops) -> None:
        with stops.shielded():
            steps.append("started")
            signal.raise_signal(signal.SIGINT)
            steps.append("written down")
        steps.append("never")

    with Stops() as stops, pytest.raises(StopAsked), stops.interruptible():
        work(stops)
    assert steps == ["started", "written down"]


def test_a_shielded_stretch_outside_of_any_other_raises_nothing() -> None:
    with Stops() as stops, stops.shielded():
        signal.raise_signal(signal.SIGINT)


def test_what_was_lost_in_a_finaliser_is_raised_by_the_next_check() -> None:
    class Finalised:
        def __del__(self) -> None:
            # Python prints what is raised in here, and drops it.
            try:
                signal.raise_signal(signal.SIGINT)
            except StopAsked:
                lost.append(True)

    lost: list[bool] = []
    with Stops() as stops, stops.interruptible():
        it = Finalised()
        del it
        assert lost == [True]
        # Raised already, and so never again by itself: the loop must not go on for ever.
        with pytest.raises(StopAsked):
            stops.check()


def test_a_signal_during_an_import_waits_for_the_next_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("module_of_this_test.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with Stops() as stops, stops.interruptible():
        importlib.import_module("module_of_this_test")
        with pytest.raises(StopAsked):
            stops.check()


def test_signals_close_together_are_one_wish_and_a_later_one_is_a_hurry() -> None:
    clock = Clock()
    with Stops(clock) as stops:
        signal.raise_signal(signal.SIGINT)
        clock.now_s += ONE_WISH_S * 0.9
        signal.raise_signal(signal.SIGTERM)
        assert not stops.hurried
        clock.now_s += ONE_WISH_S * 0.2
        signal.raise_signal(signal.SIGINT)
        assert stops.hurried


def test_whoever_was_started_deaf_to_a_signal_stays_deaf() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Stops() as stops, stops.interruptible():
        signal.raise_signal(signal.SIGHUP)

    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Stops():
        assert [signal.getsignal(number) for number in SIGNALS] != before

    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_no_handler_of_exceptions_swallows_it() -> None:
    assert not issubclass(StopAsked, Exception)
