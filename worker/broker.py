"""The broker as a person looks at it from outside a worker: does it answer, and what waits in its queues?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kombu.exceptions import OperationalError

from plexsend.errors import OutboxError
from plexsend.worker.app import create_app
from plexsend.worker.broker_check import check_broker, why_not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.settings import Settings


@dataclass(frozen=True, slots=True)
class BrokerState:
    """What the broker answered."""

    lengths: Mapping[str, int] = field(default_factory=dict)
    """Service → doorbells that wait for a worker."""
    failure: str = ""
    """Why it did not answer, or cannot be used, and what to do; empty where nothing is known against it."""


def look_at_broker(settings: Settings) -> BrokerState:
    """Ask the broker whether Celery can use it, and once for the length of each service's queue."""
    try:
        check_broker(settings)
    except OutboxError as exc:
        return BrokerState(failure=str(exc))
    connection: Any = create_app(settings).connection_for_write()
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        channel = connection.channel()
        return BrokerState(
            {service: channel.queue_declare(service).message_count for service in settings.services}
        )
    except (OperationalError, *connection.connection_errors, *connection.channel_errors) as exc:
        return BrokerState(failure=why_not(settings, exc))
    finally:
        connection.release()
