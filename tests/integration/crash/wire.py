"""Exchanges with the gateway, with a boundary wherever the bytes of one can end.

Of each exchange these are told, in this order; `connect` only where a connection is opened for it:

connect-before   no connection yet
head-before      connected, no byte sent
head-half        half of the request's headers sent
head-after       the headers sent, nothing of the body
body-half        half of the body sent
body-after       the last byte sent; the gateway has read nothing yet
answered         the gateway has read, decided and answered (or closed); not a byte of it read here
status-line      the answer read up to the end of its first line
headers-half     up to the middle of its headers
headers-after    up to the end of its headers
answer-half      up to the middle of its body
answer-after     the whole answer read, nothing settled
"""

from __future__ import annotations

import select
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.gateway.http.client import GatewayClient
    from tests.integration.crash.watch import Watch

_HEAD_END = b"\r\n\r\n"
_LARGEST = 65_536
_PATIENCE_S = 10.0


class Wire:
    """Numbers the exchanges of a process, whatever connection they are on."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._name = ""

    def begin(self) -> None:
        """Begin the next exchange, unless it has begun with its connection."""
        if not self._name:
            self._name = self._watch.number("request")

    def reach(self, boundary: str) -> None:
        """Tell a boundary of the exchange under way."""
        self._watch.reach(f"{self._name}-{boundary}")

    def end(self) -> None:
        """End the exchange."""
        self._name = ""


class WatchedSocket(socket.socket):
    """A connected socket that sends and receives piece by piece."""

    def __init__(self, plain: socket.socket, wire: Wire) -> None:
        timeout_s = plain.gettimeout()
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self.settimeout(timeout_s)
        self._wire = wire
        self._head = b""
        self._body_left = 0
        self._cuts: list[tuple[int, str]] = []
        self._received = 0

    def send(self, data: Any, flags: int = 0, /) -> int:
        """Send half of what was given, or the rest of what was begun."""
        if not self._head.endswith(_HEAD_END):
            return self._send_head(bytes(data))
        is_first = self._body_left == 0
        if is_first:
            self._body_left = len(data)
        sent = super().send(data[: max(1, len(data) // 2)] if is_first else data, flags)
        self._body_left -= sent
        self._wire.reach("body-half" if self._body_left else "body-after")
        return sent

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest, flags) :]

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Receive up to the next boundary of the answer."""
        if not self._cuts:
            answer = self._await_answer()
            self._wire.reach("answered")
            self._cuts = list(_cuts(answer))
            self._received = 0
            if not self._cuts:
                self._end()
                return super().recv(size, flags)
        at, boundary = self._cuts[0]
        data = super().recv(min(size, at - self._received), flags)
        self._received += len(data)
        if self._received == at:
            self._cuts.pop(0)
            self._wire.reach(boundary)
            if not self._cuts:
                self._end()
        return data

    def _send_head(self, data: bytes) -> int:
        if not self._head:
            self._wire.begin()
            self._wire.reach("head-before")
            sent = super().send(data[: len(data) // 2])
            boundary = "head-half"
        else:
            sent = super().send(data)
            boundary = "head-after"
        self._head += data[:sent]
        self._wire.reach(boundary)
        return sent

    def _end(self) -> None:
        self._head = b""
        self._wire.end()

    # The whole answer lies in the kernel before any of it is read: so what the gateway decided has happened.
    def _await_answer(self) -> bytes:
        until_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until_s:
            select.select([self], [], [], _PATIENCE_S)
            seen = super().recv(_LARGEST, socket.MSG_PEEK)
            if not seen or _is_whole(seen):
                return seen
            time.sleep(0.001)
        raise AssertionError("the gateway's answer does not come whole")


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(_HEAD_END)
    return bool(end) and len(body) == _length(head)


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length"))


def _cuts(answer: bytes) -> Iterator[tuple[int, str]]:
    """Yield how many bytes of an answer have come at each of its boundaries."""
    if not answer:
        return
    line = answer.index(b"\r\n") + 2
    head = answer.index(_HEAD_END) + 4
    yield line, "status-line"
    yield (line + head) // 2, "headers-half"
    yield head, "headers-after"
    if head < len(answer):
        yield (head + len(answer)) // 2, "answer-half"
        yield len(answer), "answer-after"


def watch_client(client: GatewayClient, watch: Watch) -> None:
    """Let the connections that this thread opens to the gateway be watched."""
    adapter: Any = client._channels.of_this_thread().adapter
    pool = adapter.poolmanager.pool_classes_by_scheme["http"]
    wire = Wire(watch)

    class WatchedConnection(pool.ConnectionCls):  # type: ignore[misc, name-defined]  # known at run time
        def _new_conn(self) -> WatchedSocket:
            wire.begin()
            wire.reach("connect-before")
            return WatchedSocket(super()._new_conn(), wire)

    kind = type(pool.__name__, (pool,), {"ConnectionCls": WatchedConnection})
    adapter.poolmanager.pool_classes_by_scheme = {"http": kind}
