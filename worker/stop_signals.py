"""Signals to stop, heard at once, whatever Celery's own thread waits for.

Celery writes down that it is to stop, and acts on it when its main thread comes round: with a broker that
hangs that takes seconds, in which its pool goes on. At SIGQUIT it first talks to the broker, and writes it
down last. So a thread that waits for nothing else listens to the signals themselves. `worker_shutting_down`
is not used: it takes a lock in the signal handler, for which a second SIGTERM in that moment waits for ever.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from celery.bootsteps import CLOSE, TERMINATE  # type: ignore[attr-defined]  # its stubs leave them out
from celery.worker import state

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_S = 0.05
"""How often it is looked whether Celery stops for another reason: a remote `shutdown`, a SIGHUP."""

_STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})
_MOST_SIGNALS = 4096

_wakeup: list[socket.socket] = []
"""Both ends, open for as long as the process lives: Python writes each signal that comes into one of them."""


def listen(stop: threading.Event, is_stopping: Callable[[], bool]) -> threading.Thread:
    """Set `stop` as soon as a signal asks for it, or within LOOK_S of `is_stopping`. For the main thread."""
    ear = _ear()
    thread = threading.Thread(
        target=_wait, args=(ear, stop, is_stopping), name="plexsend-stop-signals", daemon=True
    )
    thread.start()
    return thread


def is_stopping(worker: Any) -> bool:
    """Return whether Celery was asked to stop its worker, or does so."""
    # What it writes down is the exit code: 0, which is False for every comparison but this one.
    asked: tuple[Any, ...] = (state.should_stop, state.should_terminate)
    if any(code is not None and code is not False for code in asked):
        return True
    parts = (worker, getattr(worker, "consumer", None))
    return any(part is not None and part.blueprint.state in (CLOSE, TERMINATE) for part in parts)


def _ear() -> socket.socket | None:
    """Return where signals can be read; None where only another thread or another program may."""
    if threading.current_thread() is not threading.main_thread():
        return None
    if not _wakeup:
        ear, mouth = socket.socketpair()
        mouth.settimeout(0)
        other = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        if other != -1:
            signal.set_wakeup_fd(other)
            return None
        ear.settimeout(LOOK_S)
        _wakeup.extend((ear, mouth))
    return _wakeup[0]


def _wait(ear: socket.socket | None, stop: threading.Event, is_stopping: Callable[[], bool]) -> None:
    while not stop.is_set():
        came = b""
        if ear is None:
            stop.wait(LOOK_S)
        else:
            with contextlib.suppress(TimeoutError):
                came = ear.recv(_MOST_SIGNALS)
        if _STOPS.intersection(came) or is_stopping():
            stop.set()
