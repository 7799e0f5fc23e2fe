"""The queues of doorbells in the broker: how long they are, and taking out what nobody fetches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kombu.exceptions import OperationalError

from plexsend.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from celery import Celery

_log = get_logger("worker.bootstep")


class Queues:
    """The queues of doorbells in the broker, one for each service. One connection, kept."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Any = None
        self._channel: Any = None
        self._reported = False

    def lengths(self, services: Iterable[str]) -> dict[str, int] | None:
        """Return the length of each service's queue; None when the broker does not answer."""
        found: dict[str, int] | None = self._ask(
            lambda channel: {service: channel.queue_declare(service).message_count for service in services}
        )
        return found

    def purge(self, service: str) -> int:
        """Take out the doorbells of a service; return how many; 0 where the broker does not answer."""
        found = self._ask(lambda channel: channel.queue_purge(service))
        return int(found or 0)

    def _ask(self, ask: Callable[[Any], Any]) -> Any:
        if self._connection is None:
            self._connection = self._app.connection_for_write()
        connection = self._connection
        try:
            if self._channel is None:
                # Left to itself the connection waits two seconds between its tries, and housekeeping with it.
                connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
                self._channel = connection.channel()
            found = ask(self._channel)
        except (OperationalError, *connection.connection_errors, *connection.channel_errors) as exc:
            if not self._reported:
                _log.warning("broker does not report its queues, trying again", reason=type(exc).__name__)
            self._reported = True
            self._connection = self._channel = None
            connection.release()
            return None
        self._reported = False
        return found
