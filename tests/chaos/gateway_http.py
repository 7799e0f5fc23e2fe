"""HTTP as a lying gateway speaks it: requests read whole, answers sent, cut, dripped or kept back."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chaos.gateway_marks import see
from tests.chaos.listener import reset

if TYPE_CHECKING:
    from tests.chaos.gateway_answers import Answer
    from tests.chaos.gateway_faults import Fault
    from tests.chaos.gateway_marks import Seen

_HTTP_WORDS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a request."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def body_bytes(self) -> int:
        """How long the body is."""
        return int(self.headers.get("content-length", "0"))

    @property
    def user(self) -> str:
        """The user of the credentials."""
        return self.headers.get("authorization", "").partition(";")[0]

    @property
    def secret(self) -> str:
        """The secret of the credentials, which is compared and goes nowhere."""
        return self.headers.get("authorization", "").partition(";")[2]

    @property
    def is_send(self) -> bool:
        """Whether items are sent, rather than orders given."""
        return self.method == "POST" and ("/send" in self.path or "/submit" in self.path)


class Ended(Exception):
    """The connection is over."""


class Unreadable(Exception):
    """The body is no request for items with keys."""


async def read_head(reader: asyncio.StreamReader, first: bytes = b"") -> Head | None:
    """Return the next request's head, its beginning perhaps read already; None when the client has closed."""
    try:
        text = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    start, *lines = text.rstrip("\r\n").split("\r\n")
    method, path, _ = start.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Head(method, path, {name.strip().lower(): value.strip() for name, _, value in pairs})


def read_items(body: bytes) -> tuple[list[Seen], str]:
    """Return what is seen of the items, and the `msg_type` beside them, empty where there is none."""
    try:
        request = json.loads(body)
        return see(request["msg_data"]), str(request.get("msg_type", ""))
    except (ValueError, TypeError, KeyError) as exc:
        raise Unreadable from exc


def write_http(told: Answer) -> bytes:
    """Return the whole answer as bytes."""
    lines = [
        f"HTTP/1.1 {told.status} {_HTTP_WORDS[told.status]}",
        "Content-Type: application/json;charset=utf-8",
        f"Content-Length: {len(told.body)}",
        *(f"{name}: {value}" for name, value in told.headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + told.body


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send all of it."""
    writer.write(data)
    await writer.drain()


async def deliver(
    told: Answer, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send an answer as the fault has it. Ended when the connection does not go on after that."""
    data, options = write_http(told), fault.options
    if fault.name == "reset_after":
        reset(writer)
        raise Ended
    if fault.name == "cut_answer":
        at = fault.dice.random() if options["at"] is None else options["at"]
        await send(writer, data[: min(len(data) - 1, max(1, int(at * len(data))))])
        reset(writer)
        raise Ended
    if fault.name == "read_timeout":
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), options["hold_s"])
        raise Ended
    if fault.name == "slow_start":
        await asyncio.sleep(options["delay_s"])
    if fault.name == "slow_drip":
        for place in range(len(data)):
            await send(writer, data[place : place + 1])
            await asyncio.sleep(options["drip_s"])
        return
    await send(writer, data)
    if fault.name == "close_idle":
        await asyncio.sleep(options["after_s"])
        raise Ended
