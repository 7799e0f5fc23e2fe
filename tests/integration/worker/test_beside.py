"""A broker whose host answers nothing keeps housekeeping waiting for a moment only."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing

import pytest

from plexsend.gateway.environment import read_settings
from plexsend.outbox.constants import SILENT_MS
from plexsend.worker.app import create_app
from plexsend.worker.beside import PATIENCE_S, Beside
from plexsend.worker.queues import Queues


def test_broker_that_answers_nothing_is_not_waited_for() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings = read_settings({"PLEXSEND_BROKER_URL": url, "PLEXSEND_ACCOUNT_MAIN": "user;secret"})
        queues = Queues(create_app(settings))
        broker = Beside("broker", 0.1)
        began = time.monotonic()
        for _ in range(5):
            assert broker.ask(lambda: queues.lengths(["mms-bulk"]), None) is None
        assert time.monotonic() - began < 1


def test_answer_and_failure_are_those_of_the_call() -> None:
    beside = Beside("test")
    assert beside.ask(lambda: 5, 0) == 5
    with pytest.raises(ZeroDivisionError):
        beside.ask(lambda: 1 // 0, 0)
    assert beside.ask(lambda: 6, 0) == 6


def test_call_that_hangs_is_waited_for_once_and_the_next_is_made_when_it_has_ended() -> None:
    beside, goes_on, made = Beside("test", 0.05), threading.Event(), threading.Event()
    assert beside.ask(lambda: goes_on.wait(5), None) is None
    beside.ask(made.set, None)
    goes_on.set()
    deadline = time.monotonic() + 5
    while beside.ask(lambda: "made", "not made") == "not made":
        assert time.monotonic() < deadline
    assert not made.is_set()


def test_patience_is_shorter_than_the_silence_after_which_a_process_is_gone() -> None:
    # Lengths and a doorbell in one round, between two signs of life.
    assert 2 * PATIENCE_S + 1 < SILENT_MS / 1000
