"""Calls that their caller may stop waiting for: each is made in a thread of its own.

A call to Redis that hangs ends by the timeout of its socket, seconds later. Until then it goes on without its
caller, and what comes of it reaches nobody. Where the system has no thread to give (its limit is reached, or
the interpreter ends), the caller makes the call itself and waits for its end.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from math import inf
from typing import TYPE_CHECKING, Any, Self, TypeVar

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxUnavailable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class TooLate(Exception):
    """The time is over. What was begun goes on."""


class Calls:
    """Begins calls, one after the other, and waits for them; all share one time limit.

    As a context manager it ends when the last call has ended, or when its time is over.

    Args:
        timeout_s: Seconds from now; None: no limit. UsageError for what is not a number above 0.
    """

    def __init__(self, timeout_s: float | None = None) -> None:
        _check(timeout_s)
        self.timeout_s = timeout_s
        self._until_s = None if timeout_s is None else elapsed_s() + timeout_s
        self._last: Future[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # A person who interrupts does not wait for a server that hangs.
        if self._last is not None and (kind is None or issubclass(kind, Exception)):
            wait([self._last], self._left_s())

    def begin(self, call: Callable[[], T]) -> Future[T]:
        """Begin a call. Raises TooLate where the time is over."""
        if self._left_s() == 0:
            raise TooLate
        future: Future[T] = Future()
        # A program that ends does not wait for a daemon thread.
        thread = threading.Thread(target=_run, args=(call, future), name="plexsend-submit", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            _run(call, future)
        else:
            self._last = future
        return future

    def finish(self, future: Future[T]) -> T:
        """Return what a call returned, or raise what it raised. TooLate where it takes too long."""
        wait([future], self._left_s())
        if not future.done():
            raise TooLate
        return future.result()

    def too_late(self) -> OutboxUnavailable:
        """Return the cause of an interruption by the caller's own time."""
        return OutboxUnavailable(
            f"Redis did not take everything within {self.timeout_s or 0:g} s (timeout_s)."
        )

    def _left_s(self) -> float | None:
        return None if self._until_s is None else max(0.0, self._until_s - elapsed_s())


def _check(timeout_s: float | None) -> None:
    if timeout_s is None:
        return
    # A comparison with NaN is false.
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, (int, float)) or not 0 < timeout_s < inf:
        raise UsageError("timeout_s is not a number of seconds above 0. Give one, such as 2.5, or None.")


def _run(call: Callable[[], T], future: Future[T]) -> None:
    try:
        future.set_result(call())
    except BaseException as exc:  # noqa: BLE001  it is the caller's
        future.set_exception(exc)
