"""Celery's consumer, made to come back soon after the broker has been away."""

from __future__ import annotations

from typing import Any, ClassVar

from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.state import maybe_shutdown

from plexsend.logs import get_logger

_FIRST_WAIT_S = 0.5
_STEP_S = 0.5
_LONGEST_WAIT_S = 1.0

_log = get_logger("worker.consumer")


class Consumer(CeleryConsumer):
    """Waits 0.5 s, then at most 1 s between tries.

    Celery's own steps of 2, 4, 6 to 30 s cannot be set: after an outage of 31 s it came back 11.6 s later,
    with these after 1.2 s.
    """

    class Blueprint(CeleryConsumer.Blueprint):  # type: ignore[misc,valid-type]  # Celery's stubs have none
        """The steps without heartbeats for monitors.

        A heartbeat is tried for ever while the broker is away, also by a worker that was asked to stop.
        """

        default_steps: ClassVar[list[str]] = [
            step for step in CeleryConsumer.Blueprint.default_steps if not step.endswith(":Heart")
        ]

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, trying until it works or the worker is asked to stop."""
        connected = conn.ensure_connection(
            _report,
            self.app.conf.broker_connection_max_retries,
            interval_start=_FIRST_WAIT_S,
            interval_step=_STEP_S,
            interval_max=_LONGEST_WAIT_S,
            callback=maybe_shutdown,
        )
        self.first_connection_attempt = False
        self.broker_connection_retry_attempt = 0
        return connected

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Close a connection that was lost. The worker must go on even if closing it fails too.

        While closing it, kombu gives back the doorbells that it holds over a client that it cannot make
        again, and fails with an AttributeError, which Celery takes as fatal. Those doorbells are rung again.
        """
        try:
            super().on_connection_error_after_connected(exc)
        except Exception as failure:  # noqa: BLE001  whatever is missing by then: a new connection follows
            _log.warning("lost broker connection could not be closed", reason=type(failure).__name__)

    def connection_for_read(self, heartbeat: Any = None) -> Any:
        """Return a connection for reading, established here rather than by Celery's own steps."""
        return self.ensure_connected(self.app.connection_for_read(heartbeat=heartbeat))


def _report(exc: Exception, interval_s: float) -> None:
    _log.warning("broker does not answer, trying again", reason=type(exc).__name__, again_in_s=interval_s)
