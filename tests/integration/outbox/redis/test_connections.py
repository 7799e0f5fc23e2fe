"""The way of the scripts: which connection a call gets, and what becomes of it after a failure."""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from plexsend.outbox.redis import connections as connections_module
from plexsend.outbox.redis.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store


@pytest.fixture
def connections(store: Store) -> Iterator[Connections]:
    made = Connections(store.client.connection_pool)
    yield made
    made.close_idle()


def client_id(connections: Connections) -> int:
    return int(connections.call("CLIENT", "ID"))


def test_calls_one_after_the_other_share_a_connection(connections: Connections) -> None:
    assert client_id(connections) == client_id(connections)


def test_calls_at_once_have_connections_of_their_own(connections: Connections) -> None:
    together = threading.Barrier(4)
    found: list[int] = []

    def call() -> None:
        kept = connections._take()
        together.wait(10)
        connections._put(kept)
        found.append(id(kept.connection))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(set(found)) == 4


def test_a_refusal_is_an_answer_and_the_connection_goes_on(connections: Connections) -> None:
    before = client_id(connections)
    with pytest.raises(ResponseError):
        connections.call("HGET", "one")
    assert client_id(connections) == before


def test_a_connection_that_fails_is_closed_and_the_next_call_gets_its_own_answer(
    connections: Connections, store: Store
) -> None:
    lost = client_id(connections)
    store.client.client_kill_filter(_id=str(lost))
    with pytest.raises(RedisConnectionError):
        connections.call("ECHO", "first")
    assert connections.call("ECHO", "second") == b"second"
    assert client_id(connections) != lost


def test_a_reply_that_nobody_read_is_not_taken_for_the_next(connections: Connections) -> None:
    class Interrupted(BaseException):
        pass

    kept = connections._take()
    real = kept.connection.read_response
    kept.connection.read_response = lambda: (_ for _ in ()).throw(Interrupted())
    connections._put(kept)
    with pytest.raises(Interrupted):
        connections.call("ECHO", "first")
    kept.connection.read_response = real
    assert connections.call("ECHO", "second") == b"second"


def test_a_connection_that_was_closed_while_it_lay_idle_is_not_used(
    connections: Connections, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections_module, "IDLE_S", 0.0)
    store.client.client_kill_filter(_id=str(client_id(connections)))
    assert connections.call("ECHO", "there") == b"there"


def test_connections_can_be_closed_while_nobody_uses_them(connections: Connections) -> None:
    before = client_id(connections)
    connections.close_idle()
    assert client_id(connections) != before


def test_a_process_that_was_forked_leaves_its_parents_connection_alone(connections: Connections) -> None:
    def answer(told: Any) -> None:
        told.put([client_id(connections), client_id(connections)])

    before = client_id(connections)
    fork = multiprocessing.get_context("fork")
    told: Any = fork.SimpleQueue()
    child = fork.Process(target=answer, args=(told,))
    child.start()
    child.join(20)
    first, second = told.get()
    assert first == second != before
    assert client_id(connections) == before
