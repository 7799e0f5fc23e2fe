"""What the client makes of what came, and whether the request's body had left by then."""

from __future__ import annotations

import gzip
import io
from types import SimpleNamespace
from typing import Any

import pytest
from requests import Request
from urllib3 import HTTPResponse

from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.codes import Meaning
from plexsend.gateway.http.channel import Channel
from plexsend.gateway.http.exchange import Exchange, Timeouts

MOST_BYTES = 1_000


class AnsweringAdapter:
    """Stands for an adapter: answers 408 with this body, the request's own having left or not."""

    def __init__(self, exchange: Exchange, body: bytes, *, encoding: str, sent: bool) -> None:
        self.exchange = exchange
        self.sent = sent
        headers = {"Content-Encoding": encoding} if encoding else {}
        came = io.BytesIO(body) if encoding else body
        self.raw = HTTPResponse(came, headers, 408, preload_content=False)

    def send(self, _request: Any, **_: Any) -> Any:
        self.exchange.sent = self.sent
        return SimpleNamespace(raw=self.raw, status_code=408, headers=self.raw.headers)


def came(body: bytes = b"{}", *, encoding: str = "", sent: bool = True) -> Any:
    exchange = Exchange(Timeouts(), clock=lambda: 0.0, idle_s=20, most_bytes=MOST_BYTES)
    adapter = AnsweringAdapter(exchange, body, encoding=encoding, sent=sent)
    channel = Channel(exchange, adapter)  # type: ignore[arg-type] # stands for one
    return channel.send(Request("POST", "http://127.0.0.1/").prepare())


def uncertain(code: str) -> WholeAnswer:
    return WholeAnswer(Meaning.UNCERTAIN, code, "no usable answer came", None, explicit=False)


def test_farewell_of_an_idle_connection_is_not_taken_for_an_answer() -> None:
    """A gateway may answer 408 to a connection it closes, just as a request begins on it."""
    assert came(sent=False) == WholeAnswer(
        Meaning.UNAVAILABLE, "CLOSED", "nothing was sent", None, explicit=False
    )


def test_answer_to_a_request_that_was_sent_counts() -> None:
    answer = came()
    assert (answer.status, answer.body) == (408, b"{}")


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_answer_may_be_empty(encoding: str) -> None:
    assert came(gzip.compress(b"") if encoding else b"", encoding=encoding).body == b""


def test_encoded_answer_is_decoded() -> None:
    assert came(gzip.compress(b"a" * MOST_BYTES), encoding="gzip").body == b"a" * MOST_BYTES


def test_answer_that_is_too_long_once_decoded_is_no_answer() -> None:
    assert came(gzip.compress(b"a" * (MOST_BYTES + 1)), encoding="gzip") == uncertain("TOO_LARGE")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip", "x-magic"])
def test_answer_that_is_not_encoded_as_it_says_is_read_as_it_came(encoding: str) -> None:
    answer = came(b'{"code":"C401_3"}', encoding=encoding)
    assert (answer.status, answer.body) == (408, b'{"code":"C401_3"}')


def test_answer_that_names_dozens_of_encodings_has_its_status() -> None:
    answer = came(b"{}", encoding=",".join(["gzip"] * 40))
    assert (answer.status, answer.body) == (408, b"")
