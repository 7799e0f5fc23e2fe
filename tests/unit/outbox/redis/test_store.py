"""How Redis's errors become ours, each saying what became of the call; and whose turn it is during one."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import hiredis
import pytest
from redis import exceptions

from plexsend.errors import OutboxError, OutboxFull, OutboxUnavailable, OutboxUnsuitable
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import Store, mapped
from plexsend.outbox.replies import number, text
from plexsend.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Iterator


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
