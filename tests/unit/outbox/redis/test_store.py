"""How Redis's errors become ours, each saying what became of the call; and whose turn it is during one."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hiredis
import pytest
from redis import exceptions

from plexsend.errors import OutboxError, OutboxFull, OutboxUnavailable, OutboxUnsuitable
from plexsend.names import Names, NameSlow, NameUnknown
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store, mapped
from plexsend.outbox.replies import number, text
from plexsend.settings.redis_urls import redis_address
from plexsend.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

CERTIFICATE = Path(__file__).parents[3] / "integration" / "gateway" / "self_signed.pem"


@pytest.mark.parametrize(
    ("raised", "ours"),
    [
        (exceptions.ConnectionError("refused"), OutboxUnavailable),
        (exceptions.TimeoutError("slow"), OutboxUnavailable),
        (exceptions.BusyLoadingError("LOADING"), OutboxUnavailable),
        (exceptions.ReadOnlyError("READONLY"), OutboxUnavailable),
        (exceptions.ResponseError("MISCONF cannot write"), OutboxUnavailable),
        (exceptions.ResponseError("BUSY running a script"), OutboxUnavailable),
        (exceptions.OutOfMemoryError("OOM"), OutboxFull),
        (exceptions.ResponseError("OOM allow-oom flag is not set"), OutboxFull),
        (exceptions.AuthenticationError("WRONGPASS"), OutboxUnsuitable),
        (exceptions.ResponseError("NOPERM no rights"), OutboxUnsuitable),
        (exceptions.ResponseError("user_script:7: attempt to index nil"), OutboxError),
        (exceptions.RedisError("anything else"), OutboxError),
    ],
)
def test_each_error_of_redis_becomes_one_of_ours(raised: Exception, ours: type[OutboxError]) -> None:
    with pytest.raises(OutboxError) as caught, mapped():
        raise raised
    assert type(caught.value) is ours
    assert caught.value.__cause__ is raised


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), mapped():
        raise KeyError("not Redis's")


def test_client_repeats_nothing_by_itself() -> None:
    """A repeated write would run twice without anybody knowing."""
    store = Store.connect("redis://127.0.0.1:1/0", "p:")
    retry = store.client.get_retry()
    assert retry is not None
    assert retry.get_retries() == 0
    with pytest.raises(OutboxUnavailable):
        store.run(Script.SWEEP, "main", [])


def test_values_of_replies_are_read_whatever_their_form() -> None:
    assert [text(value) for value in (None, b"", "a", "한글".encode())] == ["", "", "a", "한글"]
    assert [number(value) for value in (None, b"", "", b"12", "12.0", 3.0)] == [0, 0, 0, 12, 12, 3]


@contextmanager
def server_that_needs(turn: Turn, *, until: bytes = b"") -> Iterator[str]:
    """Run a server that takes the turn before each answer; it closes at the command `until`.

    A client that kept the turn would wait for it in vain until its own time is over. Yields the server's URL.
    """
    replies = {b"EVALSHA": b"*0\r\n", b"PING": b"+PONG\r\n"}
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            reader = hiredis.Reader()
            with connection:
                while data := connection.recv(65_536):
                    reader.feed(data)
                    while command := reader.gets():
                        with turn:
                            if command[0] == until:
                                return
                            connection.sendall(replies.get(command[0], b"+OK\r\n"))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        thread.join(30)
        assert not thread.is_alive()


def test_thread_that_calls_a_script_gives_up_its_turn_until_the_reply() -> None:
    turn = Turn()
    with server_that_needs(turn) as url, closing(Store.connect(url, "p:", turn)) as store, turn:
        for _ in range(2):
            assert store.run(Script.SWEEP, "main", []) == []
            # It has the turn again: only a holder leaves.
            assert turn.leave()
            turn.take()


def test_thread_has_its_turn_again_when_the_server_goes_away() -> None:
    turn = Turn()
    with (
        server_that_needs(turn, until=b"EVALSHA") as url,
        closing(Store.connect(url, "p:", turn)) as store,
        turn,
    ):
        with pytest.raises(OutboxUnavailable):
            store.run(Script.SWEEP, "main", [])
        assert turn.leave()
        turn.take()


def test_thread_without_the_turn_calls_a_script_all_the_same() -> None:
    turn = Turn()
    with server_that_needs(turn) as url, closing(Store.connect(url, "p:", turn)) as store:
        assert store.run(Script.SWEEP, "main", []) == []
        assert not turn.leave()


@contextmanager
def server_that_forgets(
    commands: int, context: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[int]]]:
    """Run a server behind a firewall that forgets each connection after so many commands, and tells nobody.

    Yields its URL, and how many commands came over each connection. With a context it speaks TLS.
    """
    counts: list[int] = []
    stopping = threading.Event()

    def serve(connection: socket.socket, number: int) -> None:
        reader = hiredis.Reader()
        with connection:
            while data := connection.recv(65_536):
                reader.feed(data)
                while command := reader.gets():
                    if command[0] == b"CLIENT":
                        connection.sendall(b"+OK\r\n")
                    elif counts[number] < commands:
                        counts[number] += 1
                        connection.sendall(b"*0\r\n" if command[0] == b"EVALSHA" else b"+PONG\r\n")

    def accept() -> None:
        while not stopping.is_set():
            connection, _ = listener.accept()
            if context is not None and not stopping.is_set():
                connection = context.wrap_socket(connection, server_side=True)
            counts.append(0)
            thread = threading.Thread(target=serve, args=(connection, len(counts) - 1), daemon=True)
            thread.start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", counts
        stopping.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join(30)


def test_connection_that_rested_is_made_anew_for_a_script_and_for_a_query() -> None:
    """redis-py would ask the server over the old one, wait 5 s, and fail a call that may be done."""
    with server_that_forgets(1) as (url, counts), closing(Store.connect(url, "p:", idle_s=1e-6)) as store:
        for _ in range(3):
            assert store.run(Script.SWEEP, "main", []) == []
        for _ in range(2):
            assert store.client.ping()
        assert counts == [1] * 5


def test_connection_that_did_not_rest_is_used_again_and_nothing_else_is_asked() -> None:
    with server_that_forgets(9) as (url, counts), closing(Store.connect(url, "p:", idle_s=60)) as store:
        for _ in range(4):
            assert store.run(Script.SWEEP, "main", []) == []
        assert counts == [4]


def test_rest_counts_while_the_machine_sleeps() -> None:
    """redis-py's own clock stands still meanwhile, and no connection outlives a laptop's night."""
    with server_that_forgets(1) as (url, counts), closing(Store.connect(url, "p:", idle_s=60)) as store:
        assert store.run(Script.SWEEP, "main", []) == []
        (kept,) = store._connections._free
        assert kept.connection.next_health_check > time.monotonic() + 50
        kept.connection._used_s -= 3600
        assert store.run(Script.SWEEP, "main", []) == []
        assert counts == [1, 1]


def test_sentinels_are_asked_over_new_connections_too() -> None:
    address = redis_address("PLEXSEND_REDIS_URL", "sentinel://127.0.0.1:1/0?master=m")
    with closing(Store.connect(address, "p:", idle_s=7)) as store:
        pool: Any = store.client.connection_pool
        (sentinel,) = pool.sentinel_manager.sentinels
        made = sentinel.connection_pool.make_connection()
    assert made.health_check_interval == 7
    assert "Renewing" in type(made).__name__


def test_addresses_that_do_not_answer_delay_one_connection_and_no_other_over_tls_too() -> None:
    tried: list[list[str]] = []

    class Watched(Names):
        def addresses(self, host: str, within_s: float) -> list[str]:
            tried.append(super().addresses(host, within_s))
            return tried[-1]

    def look_up(host: str, *_: Any) -> list[Any]:
        assert host == "localhost"
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
            for address in ("127.0.0.2", "127.0.0.1")
        ]

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    asked_for: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked_for.append(name)
    with server_that_forgets(9, context) as (url, counts):
        port = url.rpartition(":")[2].removesuffix("/0")
        secure = f"rediss://localhost:{port}/0?ssl_ca_certs={CERTIFICATE}"
        names = Watched(look_up)
        for _ in range(2):
            address = redis_address("PLEXSEND_REDIS_URL", secure)
            with closing(Store.connect(address, "p:", names=names)) as store:
                assert store.run(Script.SWEEP, "main", []) == []
        assert counts == [1] * 2
    # Certificates are for names.
    assert asked_for == ["localhost"] * 2
    assert [order[0] for order in tried] == ["127.0.0.2", "127.0.0.1"]


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            NameUnknown(socket.EAI_NONAME, "Name or service not known"),
            "redis.test:6379. Name or service not known",
        ),
        (NameSlow("redis.test"), "the name servers did not say in 15 s where redis.test is"),
    ],
)
def test_name_that_is_not_found_is_an_outage_that_names_it(failure: Exception, words: str) -> None:
    class Lost(Names):
        def addresses(self, host: str, within_s: float) -> list[str]:
            del host, within_s
            raise failure

    with (
        closing(Store.connect("redis://redis.test:6379/0", "p:", names=Lost())) as store,
        pytest.raises(OutboxUnavailable, match=re.escape(words)),
    ):
        store.run(Script.SWEEP, "main", [])
