"""Bounds of connections: whoever is slow, silent or many keeps nobody else out."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from plexsend.web import postbox
from plexsend.web.guards import Bodies
from tests.integration.web.conftest import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store
    from tests.integration.web.conftest import Door, Open

HEAD = f"POST /receipts/main/{SECRET} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n".encode()
ALIVE = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(door: Door, sockets: ExitStack, data: bytes = b"") -> socket.socket:
    connection = sockets.enter_context(socket.create_connection(("127.0.0.1", door.port), timeout=10))
    connection.sendall(data)
    return connection


def rest(connection: socket.socket) -> bytes:
    """Return what comes until the other side ends the connection."""
    came = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return came
        if not piece:
            return came
        came += piece


@pytest.mark.parametrize(
    ("begun", "counted"),
    [
        (b"", "too slow"),
        (b"PO", "too slow"),
        (HEAD, "too slow"),
        (HEAD + b"\r\n", "too slow"),
        (HEAD + b'\r\n{"results"', "not whole"),
    ],
    ids=["nothing", "method", "head", "no body", "half a body"],
)
def test_request_that_does_not_come_ends_its_connection(
    open_door: Open, sockets: ExitStack, store: Store, begun: bytes, counted: str
) -> None:
    door = open_door({"comes_s": 0.2})
    connection = connect(door, sockets, begun)
    assert rest(connection) == b""
    assert door.refused(store) == {counted: 1}


def test_sender_of_a_byte_at_a_time_ends_too(open_door: Open, sockets: ExitStack) -> None:
    door = open_door({"comes_s": 0.3})
    connection = connect(door, sockets, HEAD)
    began_s = time.monotonic()
    with suppress(OSError):
        while time.monotonic() - began_s < 10:
            connection.sendall(b"x")
            time.sleep(0.02)
    assert time.monotonic() - began_s < 5


def test_slow_body_is_answered(
    open_door: Open, sockets: ExitStack, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postbox, "Bodies", partial(Bodies, 0.1))
    door = open_door()
    assert rest(connect(door, sockets, HEAD + b"\r\n{")).startswith(b"HTTP/1.1 408 ")
    assert door.refused(store) == {"too slow": 1}


def test_slow_senders_keep_nobody_out(open_door: Open, sockets: ExitStack, store: Store) -> None:
    door = open_door({"most": 5})
    silent = [connect(door, sockets, HEAD) for _ in range(20)]
    assert [door.ask("GET", "/health/live")[0] for _ in range(3)] == [200] * 3
    # Those that waited longest were ended.
    assert rest(silent[0]) == b""
    assert door.refused(store)["too many connections"] >= 15


def test_connections_that_rest_keep_nobody_out(open_door: Open, sockets: ExitStack) -> None:
    door = open_door({"most": 5})
    for _ in range(20):
        assert connect(door, sockets, ALIVE).recv(65536).startswith(b"HTTP/1.1 200 ")


def test_connection_is_used_again_within_its_time(open_door: Open, sockets: ExitStack) -> None:
    door = open_door({"comes_s": 0.5})
    connection = connect(door, sockets)
    for _ in range(6):
        connection.sendall(ALIVE)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        time.sleep(0.15)


def test_nothing_of_a_connection_stays(open_door: Open, sockets: ExitStack) -> None:
    door = open_door({"most": 3})
    for _ in range(30):
        connection = connect(door, sockets, HEAD)
        # A reset, which uvicorn handles in another way than an end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert door.post({"msg_key": "k", "code": "0"}) in (200, 503)


def test_sender_that_asks_first_is_told_to_go_on(open_door: Open, sockets: ExitStack) -> None:
    body = json.dumps({"results": [{"msg_key": "k", "code": None}]}).encode()
    head = f"POST /receipts/main/{SECRET} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    connection = connect(open_door(), sockets, head.encode() + b"expect: 100-continue\r\n\r\n")
    assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(body)
    assert connection.recv(65536).endswith(b'"success"}')


def test_answer_without_a_body_comes_and_ends(door: Door) -> None:
    came = door.raw(b"HEAD /health/live HTTP/1.1\r\nconnection: close\r\n\r\n")
    head, _, body = came.partition(b"\r\n\r\n")
    assert (head.startswith(b"HTTP/1.1 "), body) == (True, b"")


def test_head_without_an_end_is_read_no_further(door: Door, store: Store) -> None:
    endless = (b"x-a: " + b"y" * 1000 + b"\r\n") * 100
    assert door.raw(b"GET /health/live HTTP/1.1\r\n" + endless) == b""
    assert door.ask("GET", "/health/live", None, {"X-A": "y" * 10_000})[0] == 200
    assert door.refused(store) == {"too long": 1}


def test_pipelined_requests_are_all_answered(open_door: Open, sockets: ExitStack) -> None:
    door = open_door({"most": 5, "comes_s": 5.0})
    body = json.dumps({"results": [{"msg_key": "k", "code": None}]}).encode()
    head = f"POST /receipts/main/{SECRET} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    connection = connect(door, sockets, (head + body) * 20)
    came = b""
    while came.count(b"HTTP/1.1 200 ") < 20:
        piece = connection.recv(65536)
        assert piece
        came += piece
