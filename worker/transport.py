"""kombu's transport for Redis, made to go on after an item that it cannot read.

Whatever another program put into a queue (no JSON, no message of Celery's, another serializer) is taken out
by the worker that fetches it. kombu and Celery raise there, and an exception in their loop ends the worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kombu.transport
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis

from plexsend.logs import get_logger
from plexsend.names import Names
from plexsend.outbox.redis.kinds import reaching

if TYPE_CHECKING:
    from collections.abc import Callable

_log = get_logger("worker.transport")
_names = Names()
# kombu's types know no kinds of connections.
_kombus: Any = kombu_redis.Channel

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading an item raises that is no JSON, or not of the shape of a message."""


def use() -> None:
    """Let every connection to a broker be one of this transport, those to fail-over addresses too."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Broker"
    TRANSPORT_ALIASES["sentinel"] = f"{__name__}:SentinelBroker"
    # Where a connection was made before, kombu remembers what these names meant.
    remembered: dict[str, Any] = getattr(kombu.transport, "_transport_cache", {})
    for scheme in ("redis", "rediss", "sentinel"):
        remembered.pop(scheme, None)


class _QoS(kombu_redis.QoS):
    """What was fetched and not yet acknowledged."""

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:  # noqa: FBT001, FBT002  as kombu
        """Put a doorbell back into its queue; one that cannot be read any more is forgotten."""
        try:
            super().restore_by_tag(tag, client, leftmost)
        except _UNREADABLE as exc:
            _report("unacked", exc)
            # kombu's types leave these out.
            kept: Any = self
            with kept.channel.conn_or_acquire(client) as connected, connected.pipeline() as pipe:
                kept._remove_from_indices(tag, pipe).execute()  # noqa: SLF001  its own, by its base class


class _TolerantChannel:
    """What both kinds of channel do with an item that they cannot read."""

    QoS = _QoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]  # a mixin
        except _UNREADABLE as exc:
            _report("queue", exc)
            # Something was fetched, and the next is asked for.
            return True

    def basic_consume(self, queue: str, *args: Any, callback: Callable[[Any], object], **options: Any) -> Any:
        """Consume from a queue; what Celery cannot make a task of is thrown away."""

        def receive(message: Any) -> object:
            try:
                return callback(message)
            except (*self.connection_errors, *self.channel_errors):  # type: ignore[attr-defined]  # a mixin
                raise
            except Exception as exc:  # noqa: BLE001  the edge: nothing that was fetched may end the worker
                _report(queue, exc)
                if not message.acknowledged:
                    message.reject()
                return None

        return super().basic_consume(queue, *args, callback=receive, **options)  # type: ignore[misc]  # a mixin


class BrokerChannel(_TolerantChannel, kombu_redis.Channel):  # type: ignore[misc]  # kombu has no types
    """A channel to one server, whose host is looked up once for the eight or so connections of a worker."""

    connection_class = reaching(_kombus.connection_class, _names)
    connection_class_ssl = reaching(_kombus.connection_class_ssl, _names)


class SentinelBrokerChannel(_TolerantChannel, kombu_redis.SentinelChannel):  # type: ignore[misc]  # kombu has no types
    """A channel to the master that Sentinels name."""


class Broker(kombu_redis.Transport):
    """Connections to one server."""

    Channel = BrokerChannel


class SentinelBroker(kombu_redis.SentinelTransport):
    """Connections to the master that Sentinels name."""

    Channel = SentinelBrokerChannel


# Never the item: another program's text may hold anything.
def _report(queue: str, exc: Exception) -> None:
    _log.error("item in a broker queue is no doorbell, thrown away", queue=queue, reason=type(exc).__name__)
