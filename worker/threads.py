"""Celery's pool of threads, changed so that requests under way end by themselves.

Celery prints the last part of this module's name as the kind of the pool: `concurrency: 16 (threads)`.
"""

from __future__ import annotations

from typing import Any

from celery.concurrency.thread import TaskPool


class Pool(TaskPool):
    """A pool whose threads cannot be killed, and that does not fail when asked to.

    At a second Ctrl-C Celery asks its pool to kill each task. The pool of threads answers with
    NotImplementedError while it waits for one of them, which Python 3.11 then considers ended: in 3 of 21
    tries a request that the gateway had accepted was left unsettled.
    """

    def terminate_job(self, pid: int, signal: Any = None) -> None:
        """Do nothing: what is under way ends within a request's deadline, and is settled."""
