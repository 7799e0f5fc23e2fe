"""Whatever is sent is answered, and the sandbox goes on."""

from __future__ import annotations

import logging
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.sandbox import Sandbox
from plexsend.sandbox.server import MAX_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

POST = b"POST /mms-bulk/v2/send HTTP/1.1\r\n"
GOOD = b"Authorization: main;secret\r\nContent-Type: application/json;charset=utf-8\r\n"


def with_length(body: bytes) -> bytes:
    return POST + GOOD + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400, "C400_2"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "C400_2"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 414, "C400_2"),
        (POST + b"X: a\r\n" * 20_000 + b"\r\n", 431, "C400_2"),
        (POST + GOOD + b"\r\n{}", 411, "C400_2"),
        (POST + GOOD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 411, "C400_2"),
        (POST + GOOD + b"Content-Length: 100\r\n\r\n{}", 400, "C400_2"),
        (POST + GOOD + b"Content-Length: no\r\n\r\n{}", 400, "C400_2"),
        (POST + GOOD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), 413, "C400_2"),
        (with_length(b" " * MAX_BODY_BYTES), 400, "C400_1"),
        (with_length(b""), 400, "C400_1"),
        (with_length(b"{"), 400, "C400_1"),
        (with_length(b'{"msg_data": NaN}'), 400, "C400_1"),
        (with_length(b"[" * 500_000), 400, "C400_1"),
        (with_length(b'{"a":' * 190_000), 400, "C400_1"),
        (with_length(b'{"msg_data": "\xff\xfe"}'), 400, "C400_1"),
        (with_length(b'{"msg_data": [{"\\ud800": 1}]}'), 400, "C400_3"),
        (POST + b"Content-Length: 2\r\n\r\n{}", 401, "C401_1"),
        (b"GET / HTTP/1.1\r\n\r\n", 404, "C404_1"),
        (b"GET http://other/ HTTP/1.1\r\n\r\n", 404, "C404_1"),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", 404, "C404_1"),
    ],
)
def test_nonsense_is_answered_and_the_next_client_served(
    sandbox: Sandbox, client: Any, data: bytes, status: int, code: str
) -> None:
    answer = client.exchange(data)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b'"code":"%s"' % code.encode() in answer
    assert client.send("a")[0] == 200
    assert sandbox.get_stats().internal_errors == 0


def test_nothing_is_written_to_the_log_by_nonsense(
    client: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.WARNING):
        client.exchange(b"\x00\xff\n")
        client.exchange(with_length(b"\xff"))
        client.exchange(b"POST")
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_answer_survives_a_body_that_nobody_reads(client: Any) -> None:
    """Given a body above the limit that is sent to its end, when it is refused by its announced size."""
    size = MAX_BODY_BYTES + 1_000_000
    with client.connect() as connection:
        connection.sendall(POST + GOOD + b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(0, size, 100_000):
            connection.sendall(b" " * 100_000)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_client_that_goes_away_is_no_mistake(sandbox: Sandbox, client: Any, request_bytes: Any) -> None:
    for part in (b"", b"POST", request_bytes("a")[:-3], request_bytes("b")):
        connection = client.connect()
        connection.sendall(part)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
    assert client.send("c")[0] == 200
    assert sandbox.get_stats().internal_errors == 0


def test_client_that_asks_first_is_told_to_go_on(client: Any, request_bytes: Callable[..., bytes]) -> None:
    head, _, body = request_bytes("a").partition(b"\r\n\r\n")
    with client.connect() as connection:
        connection.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_head_request_gets_no_body(client: Any) -> None:
    answer = client.exchange(b"HEAD /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert re.search(rb"Content-Length: [1-9]", answer)
    assert answer.endswith(b"\r\n\r\n")


def test_a_mistake_of_the_sandbox_is_answered_counted_and_says_nothing_of_messages(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Given a clock that fails, when a message is accepted."""

    def fail() -> float:
        raise RuntimeError("01023456789")

    with Sandbox(clock=fail) as broken:
        status, answer = type(client)(broken).send("a")
        assert (status, answer["code"]) == (500, "C500_1")
        assert broken.get_stats().internal_errors == 1
    assert "RuntimeError" in caplog.text
    assert "01023456789" not in caplog.text
