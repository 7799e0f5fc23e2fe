"""Celery's pool of threads, changed so that requests under way end by themselves.

Celery prints the last part of this module's name as the kind of the pool: `concurrency: 16 (threads)`.
"""

from __future__ import annotations

from typing import Any

from celery.concurrency.thread import TaskPool
from celery.worker import state


class Pool(TaskPool):
    """A pool whose threads cannot be killed, and that does not fail when asked to.

    At a second Ctrl-C Celery asks its pool to kill each task. The pool of threads answers with
    NotImplementedError while it waits for one of them, which Python 3.11 then considers ended: in 3 of 21
    tries a request that the gateway had accepted was left unsettled.
    """

    def on_stop(self) -> None:
        """Take no more tasks, and wait for those under way; not where Celery asks in a signal handler.

        At SIGQUIT it stops its pool there. What it interrupted may hold a lock, such as that of the log, for
        which a thread of the pool then waits for ever. Those threads end before the process does.
        """
        is_cold: Any = state.should_terminate
        if is_cold:
            self.executor.shutdown(wait=False, cancel_futures=True)  # type: ignore[attr-defined]  # Celery's stubs
        else:
            super().on_stop()

    def terminate_job(self, pid: int, signal: Any = None) -> None:
        """Do nothing: what is under way ends within a request's deadline, and is settled."""
