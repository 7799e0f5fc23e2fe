"""Celery's consumer, made to come back soon after the broker has been away."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.state import maybe_shutdown
from kombu.exceptions import OperationalError

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError
from plexsend.logs import get_logger
from plexsend.worker.broker_check import check_broker, why_not

_FIRST_WAIT_S = 0.5
_STEP_S = 0.5
_LONGEST_WAIT_S = 1.0
_LONGEST_REFUSED_S = 30.0
_FORGOTTEN_S = 60.0
"""How long ago the last refusal is when the next one counts as the first, and is logged."""
_LOOK_FOR_STOP_S = 0.05

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

        def info(self, parent: Any) -> dict[str, Any]:
            """Return what `celery inspect stats` shows of the consumer: the broker without its logins.

            Celery takes out the broker's password alone, and leaves a Sentinel's, and that of a socket's URL.
            """
            found: dict[str, Any] = super().info(parent)
            if "broker" in found:
                found["broker"] = {"url": str(parent.app.plexsend_settings.broker)}
            return found

    _failing = ""
    """Why the broker did not answer the last try; empty where it did."""
    _refused = False
    """Whether the broker answered and refused, and was not looked at since."""
    _refused_at_s = float("-inf")
    _wait_s = 0.0
    app: Any
    gossip: Any
    channel_errors: tuple[type[Exception], ...]
    look = staticmethod(check_broker)
    """Raises an OutboxError while the broker cannot be used."""
    refused_s = 0.5
    """Between two looks at a broker that refused."""

    def __init__(self, *args: Any, **options: Any) -> None:
        # Asking other workers for the tasks that were revoked takes a second, at each start and whenever the
        # broker comes back. Nobody revokes doorbells.
        options["worker_options"] = {**(options.get("worker_options") or {}), "without_mingle": True}
        super().__init__(*args, **options)
        self._reasons: set[str] = set()
        # kombu wraps both kinds of error where something is sent, as at a worker's start, and Celery ends.
        self.channel_errors = (*self.channel_errors, OperationalError)

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, trying until it works or the worker is asked to stop."""
        self._wait_while_refused()
        connected = conn.ensure_connection(
            self._report,
            self.app.conf.broker_connection_max_retries,
            interval_start=_FIRST_WAIT_S,
            interval_step=_STEP_S,
            interval_max=_LONGEST_WAIT_S,
            callback=maybe_shutdown,
        )
        self._failing = ""
        if elapsed_s() - self._refused_at_s > _FORGOTTEN_S:
            self._reasons.clear()
        self.first_connection_attempt = False
        self.broker_connection_retry_attempt = 0
        return connected

    # Tried twice a second, and logged when the reason is new: an outage may last for hours.
    def _report(self, exc: Exception, interval_s: float) -> None:
        reason = why_not(self.app.plexsend_settings, exc)
        if reason != self._failing:
            _log.warning("broker does not answer, trying again", reason=reason, again_in_s=interval_s)
        self._failing = reason

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Close a connection that was lost. The worker must go on even if closing it fails too.

        While closing it, kombu gives back the doorbells that it holds over a client that it cannot make
        again, and fails with an AttributeError, which Celery takes as fatal. Those doorbells are rung again.
        """
        self._note_refusal(exc)
        try:
            super().on_connection_error_after_connected(exc)
        except Exception as failure:  # noqa: BLE001  whatever is missing by then: a new connection follows
            _log.warning("lost broker connection could not be closed", reason=type(failure).__name__)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Note why no connection was made."""
        self._note_refusal(exc)
        super().on_connection_error_before_connected(exc)

    # A broker that answers and refuses, a replica for one, would be asked again thirty times a second. Where
    # the look below finds nothing, because the login may not ask for its rights, the waits grow.
    def _note_refusal(self, exc: Exception) -> None:
        cause = exc.__cause__ if isinstance(exc, OperationalError) else exc
        if not isinstance(cause, self.channel_errors):
            return
        now_s = elapsed_s()
        again = now_s - self._refused_at_s < _FORGOTTEN_S
        self._wait_s = min(self._wait_s * 2, _LONGEST_REFUSED_S) if again else self.refused_s
        self._refused_at_s, self._refused = now_s, True
        self._log_refusal(str(cause))

    def _wait_while_refused(self) -> None:
        wait_s = self._wait_s
        while self._refused:
            pause(wait_s)
            wait_s = self.refused_s
            try:
                self.look(self.app.plexsend_settings, gossip=self.gossip.enabled)
            except OutboxError as exc:
                self._log_refusal(str(exc))
            else:
                self._refused = False

    def _log_refusal(self, reason: str) -> None:
        if reason not in self._reasons:
            _log.warning("broker cannot be used, trying again", reason=reason)
        self._reasons.add(reason)

    def connection_for_read(self, heartbeat: Any = None) -> Any:
        """Return a connection for reading, established here rather than by Celery's own steps."""
        return self.ensure_connected(self.app.connection_for_read(heartbeat=heartbeat))


def pause(duration_s: float) -> None:
    """Wait, unless the worker is asked to stop."""
    until_s = elapsed_s() + duration_s
    while (left_s := until_s - elapsed_s()) > 0:
        maybe_shutdown()
        time.sleep(min(left_s, _LOOK_FOR_STOP_S))
