"""Whether Celery stops its worker, and signals that say so."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from celery import bootsteps
from celery.worker import state

from plexsend.worker.stop_signals import is_stopping

RUN, CLOSE, TERMINATE = 1, 2, 3

LISTENS = """
import os, signal, sys, threading, time
from plexsend.worker.stop_signals import listen
number = getattr(signal, sys.argv[1])
signal.signal(number, lambda *_: None)
stop = threading.Event()
listen(stop, lambda: False)
os.kill(os.getpid(), number)
sys.exit(0 if stop.wait(10) else 1)
"""


def worker(own: int = RUN, consumer: int = RUN) -> Any:
    def part(number: int) -> SimpleNamespace:
        return SimpleNamespace(blueprint=SimpleNamespace(state=number))

    return SimpleNamespace(**vars(part(own)), consumer=part(consumer))


def test_numbers_are_those_of_celery() -> None:
    names: Any = bootsteps
    assert (names.RUN, names.CLOSE, names.TERMINATE) == (RUN, CLOSE, TERMINATE)


@pytest.mark.parametrize("name", ["should_stop", "should_terminate"])
@pytest.mark.parametrize(
    ("value", "stops"), [(None, False), (False, False), (0, True), (1, True), (True, True)], ids=repr
)
def test_what_celery_writes_down_is_an_exit_code_and_0_is_one(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object, *, stops: bool
) -> None:
    monkeypatch.setattr(state, name, value)
    assert is_stopping(worker()) is stops


@pytest.mark.parametrize(
    ("own", "consumer", "stops"),
    [(RUN, RUN, False), (RUN, CLOSE, True), (RUN, TERMINATE, True), (CLOSE, RUN, True)],
)
def test_worker_or_consumer_that_closes_stops(own: int, consumer: int, *, stops: bool) -> None:
    """As after `shutdown` from another process: nothing is written down for it."""
    assert is_stopping(worker(own, consumer)) is stops


def test_worker_without_a_consumer_yet_goes_on() -> None:
    assert not is_stopping(SimpleNamespace(blueprint=SimpleNamespace(state=None)))


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGQUIT"])
def test_signal_is_heard_whatever_its_handler_does(name: str) -> None:
    subprocess.run([sys.executable, "-c", LISTENS, name], check=True, timeout=30)
