"""Calls that may hang, made in a thread beside the one that asks."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")

PATIENCE_S = 1.0
"""How long housekeeping waits for the broker. A host that drops packets answers after two time-outs of three
seconds each; a process that gives no sign of life for five counts as dead."""


class Beside:
    """Makes one call at a time in a thread of its own. For one asking thread.

    Args:
        name: Of the thread, which begins with the first call.
        patience_s: How long an asker waits for its answer.
    """

    def __init__(self, name: str, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._free = threading.Event()
        self._free.set()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def ask(self, call: Callable[[], _Answer], otherwise: _Answer) -> _Answer:
        """Return what a call returns, and raise what it raises.

        Returns `otherwise` where it takes too long: then it goes on, and its answer reaches nobody. Where an
        earlier call still goes on, this one is not made.
        """
        if not self._free.is_set():
            return otherwise
        if not self._thread.is_alive():
            self._thread.start()
        answers: list[_Answer] = []
        failures: list[BaseException] = []

        def make() -> None:
            try:
                answers.append(call())
            except BaseException as exc:  # noqa: BLE001  it is the asker's
                failures.append(exc)
            finally:
                self._free.set()

        self._free.clear()
        self._calls.put(make)
        self._free.wait(self._patience_s)
        if failures:
            raise failures[0]
        return answers[0] if answers else otherwise

    def _run(self) -> None:
        while True:
            self._calls.get()()
