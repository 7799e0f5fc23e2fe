"""A process goes by the way and the rest that its settings name."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.way import Way
from plexsend.producers.producer import Producer
from plexsend.worker.app import create_app
from plexsend.worker.runtime import Runtime
from plexsend.worker.transport import BrokerChannel, _names

if TYPE_CHECKING:
    import pytest

    from plexsend.outbox.redis.store import Store

SETTINGS = read_settings(
    {
        "PLEXSEND_ACCOUNT_MAIN": "user;secret",
        "PLEXSEND_PROXY_URL": "http://proxy.example:3128",
        "PLEXSEND_IDLE_S": "7",
    }
)


def rest_of(store: Store) -> float:
    options: Any = store.client.connection_pool.connection_kwargs
    return float(options["health_check_interval"])


def test_worker_sends_by_the_way_of_its_settings_and_makes_connections_anew_after_their_rest() -> None:
    runtime = Runtime(SETTINGS)
    timed: Any = runtime.client
    channels = timed._transport._channels
    assert channels._way == Way(SETTINGS.proxy)
    assert (channels._idle_s, rest_of(runtime.store)) == (7, 7)


def test_producer_makes_connections_anew_after_the_rest_of_its_settings() -> None:
    assert rest_of(Producer(SETTINGS)._store) == 7


def test_connections_to_the_broker_share_what_is_known_of_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker makes eight or so: each would wait 5 s for itself where the first name server is dead."""
    asked: list[str] = []

    def addresses(host: str, _: float) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(_names, "addresses", addresses)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        kinds: list[Any] = [BrokerChannel.connection_class, BrokerChannel.connection_class_ssl]
        for kind in kinds:
            connection = kind(host="broker.test", port=port, socket_timeout=0.05, retry=Retry(NoBackoff(), 0))
            with suppress(RedisError):
                connection.connect()
            connection.disconnect()
    assert asked == ["broker.test"] * 2


def test_connections_to_the_broker_send_signs_of_life_as_often() -> None:
    options = create_app(SETTINGS).conf.broker_transport_options
    assert options["socket_keepalive_options"][socket.TCP_KEEPIDLE] == 7
