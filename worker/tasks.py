"""The drain task: the one thing that Celery runs."""

from __future__ import annotations

from celery import shared_task

from plexsend.errors import PlexsendError
from plexsend.logs import get_logger
from plexsend.outbox.lanes import Lane
from worker.drain import Drain
from worker.process import DRAIN_TASK, current

_log = get_logger("worker.tasks")


@shared_task(name=DRAIN_TASK, ignore_result=True)
def drain(lane: str, bell: str) -> None:
    """Answer a doorbell: `lane` by name, `bell` as housekeeping wrote it down.

    Nothing is raised: a doorbell that comes to nothing lapses, and what was taken is reclaimed.
    """
    process = current()
    try:
        Drain(process.runtime, Lane.parse(lane), process.surroundings).run(bell)
    except PlexsendError as exc:
        _log.error("drain failed", lane=lane, reason=str(exc))
    except Exception:  # noqa: BLE001  the edge of the task: whatever it was, the next doorbell must find a thread
        _log.exception("drain failed unexpectedly", lane=lane)
