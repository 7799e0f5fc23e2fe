"""What the client makes of an answer that came although the request's body never left."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

from requests import Request

from plexsend.gateway.answers import WholeAnswer
from plexsend.gateway.client import _Channel
from plexsend.gateway.codes import Meaning
from plexsend.gateway.connections import Exchange, Timeouts


class Raw(io.BytesIO):
    """A body as urllib3 offers it."""

    def read(self, size: int | None = -1, /, **_: Any) -> bytes:
        return super().read(size)


class AnsweringAdapter:
    """Stands for an adapter: answers 408, with or without the body having left."""

    def __init__(self, exchange: Exchange, *, sent: bool) -> None:
        self.exchange = exchange
        self.sent = sent

    def send(self, _request: Any, **_: Any) -> AbstractContextManager[Any]:
        self.exchange.sent = self.sent
        return nullcontext(SimpleNamespace(raw=Raw(b"{}"), status_code=408, headers={}))


def came(*, sent: bool) -> Any:
    exchange = Exchange(Timeouts(), clock=lambda: 0.0, idle_s=20)
    channel = _Channel(exchange, AnsweringAdapter(exchange, sent=sent))  # type: ignore[arg-type] # stands for one
    return channel.send(Request("POST", "http://127.0.0.1/").prepare(), Timeouts(), 1_000)


def test_farewell_of_an_idle_connection_is_not_taken_for_an_answer() -> None:
    """A gateway may answer 408 to a connection it closes, just as a request begins on it."""
    assert came(sent=False) == WholeAnswer(Meaning.SHUT, "CLOSED", "nothing was sent", None, explicit=False)


def test_answer_to_a_request_that_was_sent_counts() -> None:
    assert came(sent=True).status == 408
