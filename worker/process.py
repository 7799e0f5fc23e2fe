"""The worker process as its drains see it: the runtime, who waits for a thread, how a doorbell is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celery.worker import state
from kombu.exceptions import OperationalError

from plexsend.errors import PlexsendError
from plexsend.logs import get_logger
from worker.drain import Surroundings

if TYPE_CHECKING:
    from celery import Celery

    from plexsend.outbox.lanes import Lane
    from worker.runtime import Runtime

_log = get_logger("worker.process")


DRAIN_TASK = "plexsend.drain"
"""The one task: answer a doorbell."""


class Process:
    """One for each worker process, made when its pool starts."""

    def __init__(self, app: Celery, runtime: Runtime) -> None:
        self.runtime = runtime
        self.surroundings = Surroundings(bell_waits=_bell_waits, ring=self.ring)
        self._app = app

    def ring(self, lane: Lane, bell: str) -> None:
        """Send a doorbell. One that cannot be sent lapses and is rung again by housekeeping."""
        try:
            self._app.send_task(DRAIN_TASK, args=(lane.name, bell), queue=lane.service, retry=False)
        except (OperationalError, OSError) as exc:
            _log.warning(
                "doorbell not sent, it will be rung again", lane=lane.name, reason=type(exc).__name__
            )


# Tasks received and not yet begun: with one thread free for each they would have begun.
def _bell_waits() -> bool:
    return len(state.reserved_requests) > len(state.active_requests)


_current: list[Process] = []


def enter(process: Process) -> None:
    """Make this the process that `current` returns."""
    _current[:] = [process]


def current() -> Process:
    """Return this worker's process; PlexsendError when none runs here (a task called by hand)."""
    if not _current:
        raise PlexsendError(
            "No plexsend worker runs in this process: start one with `celery -A worker worker`."
        )
    return _current[0]
