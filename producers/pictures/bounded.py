"""Calls that wait for the network, a few at a time."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

AT_ONCE = 4
"""Pictures that one call uploads at the same time."""


def run_all(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make calls, a few at a time, and return what they return, in their order.

    The first error is raised, and what was not begun by then is not made any more.
    """
    if len(calls) <= 1:
        return [call() for call in calls]
    futures: list[Future[T]] = [Future() for _ in calls]
    # They are begun in their order, so all before one that fails come to their end.
    waiting = iter(list(zip(calls, futures, strict=True)))
    lock, failed = threading.Lock(), threading.Event()

    def work() -> None:
        while not failed.is_set():
            with lock:
                call, future = next(waiting, (None, None))
            if call is None or future is None:
                return
            try:
                future.set_result(call())
            except BaseException as exc:  # noqa: BLE001  it is the caller's
                failed.set()
                future.set_exception(exc)

    for _ in range(min(AT_ONCE, len(calls))):
        # A program that ends does not wait for a daemon thread.
        threading.Thread(target=work, name="plexsend-upload", daemon=True).start()
    return [future.result() for future in futures]
