"""Answers that are no proper HTTP, or more than one: each is an answer, and the next request gets its own."""

from __future__ import annotations

import gzip
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from plexsend.gateway.answers import ItemAnswers, WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.http.client import GatewayClient
from plexsend.gateway.http.exchange import Timeouts
from plexsend.gateway.services import get_service
from tests.integration.gateway.rude_gateway import Gateway, answering, http

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

SERVICE = get_service("mms-bulk")
QUICK = Timeouts(connect_s=1, read_s=1, deadline_s=1)
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
ENOUGH_BYTES = 20_000_000
"""What reading a bounded answer may take at most, generously; the bombs below unpack to ten times as much."""

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
TWO = b"Content-Length: 2\r\n\r\n{}"
STRANGE = {
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n{}{}{}{}",
    "length that is none": OK + b"Content-Length: abc\r\n\r\n{}",
    "length below zero": OK + b"Content-Length: -5\r\n\r\n{}",
    "endless length": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    "chunk that is none": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "chunk below zero": CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n",
    "endless chunk": CHUNKED + b"f" * 60 + b"\r\n{}",
    "gzip that is none": OK + b"Content-Encoding: gzip\r\n" + TWO,
    "unknown encoding": OK + b"Content-Encoding: x-magic\r\n" + TWO,
    "forty encodings": OK + b"Content-Encoding: " + b",".join([b"gzip"] * 40) + b"\r\n" + TWO,
    "status 000": b"HTTP/1.1 000 OK\r\n" + TWO,
    "status 999": b"HTTP/1.1 999 OK\r\n" + TWO,
    "status that is none": b"HTTP/1.1 abc OK\r\n" + TWO,
    "status 101": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}",
    "no status": b"{}",
    "too long a header": OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n{}",
    "too many headers": OK + b"X: a\r\n" * 200 + b"\r\n{}",
    "header without a colon": OK + b" no colon\r\n: x\r\n\xff\xfe: \x00\r\n" + TWO,
    "cookie that is none": OK + b"Set-Cookie: a=\xff\xfe; expires=\xff; domain=[::; path=\x00\r\n" + TWO,
    "charset that is none": OK + b'Content-Type: application/json; charset=\xff"; ;=;\r\n' + TWO,
    "rest that is none": b"HTTP/1.1 429 X\r\nRetry-After: \xff\xfe 99:99\r\n" + TWO,
    "redirect to no port": b"HTTP/1.1 302 X\r\nLocation: http://x:abc/\r\n" + TWO,
    "redirect to no host": b"HTTP/1.1 302 X\r\nLocation: http://[::1\r\n" + TWO,
    "redirect to no text": b"HTTP/1.1 302 X\r\nLocation: /caf\xe9\r\n" + TWO,
    "redirect that ends early": b"HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 20\r\n\r\n{}",
}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with closing(Gateway()) as server:
        yield server


@pytest.fixture
def client(gateway: Gateway) -> Iterator[GatewayClient]:
    with closing(GatewayClient({"mms": gateway.url}, timeouts=QUICK, max_answer_bytes=100_000)) as made:
        yield made


def post(client: GatewayClient, key: str = "a") -> ItemAnswers | WholeAnswer:
    return client.post(SERVICE, "u;s", [key], [b'{"msg_key":"%s"}' % key.encode()])


def accepting(key: str) -> bytes:
    return http(b'{"results":[{"code":"C100","desc":"","msg_key":"%s"}]}' % key.encode())


@pytest.mark.parametrize("name", STRANGE)
def test_whatever_comes_there_is_an_answer_and_none_of_it_an_acceptance(
    gateway: Gateway, client: GatewayClient, name: str
) -> None:
    gateway.serve = answering(STRANGE[name])
    answer = post(client)
    assert isinstance(answer, WholeAnswer)
    assert answer.meaning in {Meaning.UNCERTAIN, Meaning.UNSUITABLE, Meaning.UNAVAILABLE}


def test_interim_answer_is_skipped(gateway: Gateway, client: GatewayClient) -> None:
    gateway.serve = answering(EARLY + EARLY + accepting("a"))
    answer = post(client)
    assert isinstance(answer, ItemAnswers)
    assert answer.by_key["a"].meaning is Meaning.ACCEPTED


def test_answer_behind_an_interim_one_is_not_that_of_the_next_request(
    gateway: Gateway, client: GatewayClient
) -> None:
    def serve(sock: socket.socket, gateway: Gateway) -> None:
        if gateway.read_request(sock):
            sock.sendall(EARLY)
        if gateway.read_request(sock):
            sock.sendall(http(b'{"code":"C400_2"}', "400 Bad Request") + accepting("b"))

    gateway.serve = serve
    assert post(client, "a") == WholeAnswer(
        Meaning.UNCERTAIN, "TIMEOUT", "no usable answer came", None, explicit=False
    )
    second = post(client, "b")
    assert not isinstance(second, WholeAnswer) or second.meaning is not Meaning.BAD_ITEM


@pytest.mark.parametrize("location", ["/login", "http://[::1"])
def test_redirect_is_read_like_any_other_answer(
    gateway: Gateway, client: GatewayClient, location: str
) -> None:
    gateway.serve = answering(http(b'{"code":"C401_1"}', "302 Found", f"Location: {location}"))
    answer = post(client)
    assert isinstance(answer, WholeAnswer)
    assert (answer.meaning, answer.code) == (Meaning.UNAUTHORIZED, "C401_1")


@pytest.mark.parametrize("status", ["200 OK", "302 Found"])
@pytest.mark.parametrize("times", [1, 2])
def test_packed_answer_takes_no_more_memory_than_a_plain_one(
    gateway: Gateway, client: GatewayClient, status: str, times: int
) -> None:
    bomb = b"0" * 10 * ENOUGH_BYTES
    for _ in range(times):
        bomb = gzip.compress(bomb, 9)
    encodings = ", ".join(["gzip"] * times)
    gateway.serve = answering(http(bomb, status, "Location: /x", f"Content-Encoding: {encodings}"))
    tracemalloc.start()
    answer = post(client)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(answer, WholeAnswer)
    # A redirect says by itself that nothing was taken.
    assert answer.code == ("TOO_LARGE" if status.startswith("200") else "HTTP_302")
    assert peak_bytes < ENOUGH_BYTES
