"""An answer leaves in one piece, and nothing of it stays behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from plexsend.web.connections import Bounds, bounded
from plexsend.web.refused import RefusedCounts
from plexsend.web.whole import OnePiece

if TYPE_CHECKING:
    from uvicorn._types import ASGISendCallable

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(asyncio.Transport):
    """A double of a connection's transport."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")

    def is_closing(self) -> bool:
        return self.sent[-1:] == [b"closed"]


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def answer(wire: Wire) -> OnePiece:
    return OnePiece(wire, lambda: wire.sent.append(b"complete"))


def test_head_waits_for_the_body(answer: OnePiece, wire: Wire) -> None:
    answer.write(HEAD)
    assert wire.sent == []
    answer.write(b"a")
    answer.write(b"b")
    answer.complete()
    assert wire.sent == [HEAD + b"a", b"b", b"complete"]


def test_answer_without_a_body_is_its_head(answer: OnePiece, wire: Wire) -> None:
    answer.write(HEAD)
    answer.complete()
    assert wire.sent == [HEAD, b"complete"]


def test_answer_that_ends_early_sends_what_there_is(answer: OnePiece, wire: Wire) -> None:
    answer.write(HEAD)
    answer.close()
    assert wire.sent == [HEAD, b"closed"]
    assert answer.is_closing()


def test_word_that_the_body_may_come_waits_for_nothing(answer: OnePiece, wire: Wire) -> None:
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    answer.write(go_on)
    assert wire.sent == [go_on]
    answer.write(HEAD)
    answer.write(b"a")
    assert wire.sent == [go_on, HEAD + b"a"]


def test_connection_of_a_door_sends_an_answer_in_one_piece(wire: Wire) -> None:
    async def app(_scope: Any, _receive: Any, send: ASGISendCallable) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"body", "more_body": False})

    async def ask_twice() -> None:
        config = uvicorn.Config(app, log_config=None, ws="none", lifespan="off")
        config.load()
        protocol = bounded(Bounds(RefusedCounts()))(config, ServerState(), {}, asyncio.get_running_loop())
        protocol.connection_made(wire)
        for _ in range(2):
            protocol.data_received(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await asyncio.sleep(0.01)
        protocol.connection_lost(None)

    asyncio.run(ask_twice())
    *answers, end = wire.sent
    assert answers == [b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody"] * 2
    assert end == b"closed"
