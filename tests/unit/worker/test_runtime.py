"""A process goes by the way and the rest that its settings name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from plexsend.gateway.environment import read_settings
from plexsend.gateway.http.way import Way
from plexsend.producers.producer import Producer
from plexsend.worker.app import create_app
from plexsend.worker.runtime import Runtime

if TYPE_CHECKING:
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
    client: Any = runtime.client
    assert client._way == Way(SETTINGS.proxy)
    assert (client._idle_s, rest_of(runtime.store)) == (7, 7)


def test_producer_makes_connections_anew_after_the_rest_of_its_settings() -> None:
    assert rest_of(Producer(SETTINGS)._store) == 7


def test_connections_to_the_broker_send_signs_of_life_as_often() -> None:
    options = create_app(SETTINGS).conf.broker_transport_options
    assert options["socket_keepalive_options"][socket.TCP_KEEPIDLE] == 7
