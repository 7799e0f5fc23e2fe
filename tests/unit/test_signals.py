"""Signals are taken for a while, and what heard them before hears them again."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from plexsend.signals import hearing

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def before() -> Iterator[list[int]]:
    """What was heard by somebody else; whatever runs the tests has its handlers back afterwards."""
    elsewhere: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _: elsewhere.append(number)) for number in NUMBERS
    }
    yield elsewhere
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_is_heard_inside_alone(number: int, before: list[int]) -> None:
    heard: list[int] = []
    with hearing(lambda number, _: heard.append(number), *NUMBERS):
        signal.raise_signal(number)
    assert (heard, before) == ([number], [])
    signal.raise_signal(number)
    assert (heard, before) == ([number], [number])


def test_signals_that_are_not_named_are_left_alone(before: list[int]) -> None:
    with hearing(lambda *_: None, signal.SIGTERM):
        signal.raise_signal(signal.SIGINT)
    assert before == [signal.SIGINT]


def test_what_is_ignored_stays_ignored() -> None:
    heard: list[int] = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with hearing(lambda number, _: heard.append(number), *NUMBERS):
        signal.raise_signal(signal.SIGINT)
    assert heard == []
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_signals_are_given_back_where_the_block_fails(before: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), hearing(lambda *_: None, *NUMBERS):
        raise ZeroDivisionError
    signal.raise_signal(signal.SIGTERM)
    assert before == [signal.SIGTERM]
