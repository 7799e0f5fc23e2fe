"""The pool of threads, when it is asked to stop."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from celery.worker import state

from plexsend.worker.threads import Pool

if TYPE_CHECKING:
    from collections.abc import Callable

SOON_S = 10.0


def waits_for(lock: threading.Lock, done: threading.Event) -> Callable[[], None]:
    def run() -> None:
        with lock:
            done.set()

    return run


@pytest.mark.parametrize("cold", [True, False])
def test_pool_waits_for_what_is_under_way_unless_it_is_stopped_in_a_signal_handler(
    monkeypatch: pytest.MonkeyPatch, *, cold: bool
) -> None:
    """Given a task that waits for a lock of the thread that the handler has interrupted."""
    monkeypatch.setattr(state, "should_terminate", cold or None)
    pool: Any = Pool(limit=1)
    lock, done = threading.Lock(), threading.Event()
    with lock:
        pool.executor.submit(waits_for(lock, done))
        stopping = threading.Thread(target=pool.on_stop, daemon=True)
        stopping.start()
        stopping.join(SOON_S if cold else 0.2)
        assert stopping.is_alive() is not cold
        assert not done.is_set()
    assert done.wait(SOON_S), "it ends all the same"
    stopping.join(SOON_S)


def test_nothing_that_waits_begins_once_the_pool_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "should_terminate", True)
    pool: Any = Pool(limit=1)
    begun = threading.Event()
    pool.executor.submit(time.sleep, 0.05)
    waiting = pool.executor.submit(begun.set)
    pool.on_stop()
    assert waiting.cancelled()
    assert not begun.is_set()
