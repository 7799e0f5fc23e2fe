"""Bounds of the connections to a server: how many, how long a request may take to come, how long its head.

uvicorn bounds none of these. A hundred senders that send a byte a second would hold everything, and the
gateway could not come through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from plexsend.outbox.refusals import RefusedBecause
from plexsend.web.whole import OnePiece

if TYPE_CHECKING:
    import asyncio

    from plexsend.web.refused import RefusedCounts

MOST_CONNECTIONS = 500
"""A process may usually open 1,024 files."""
MOST_HEAD_BYTES = 16 * 1024
COMES_S = 12.0
"""For how long a request may come in: a little more than the part that reads it allows its body."""
_LOOK_S = 1.0


class Bounds:
    """The connections of one server, and since when each waits for the rest of a request.

    Args:
        refused: Counts what was ended.
        most: Connections at once. Above it the one ends whose request is waited for longest.
        comes_s: For how long a request may come in.
    """

    def __init__(
        self, refused: RefusedCounts, *, most: int = MOST_CONNECTIONS, comes_s: float = COMES_S
    ) -> None:
        self.refused = refused
        self._most = most
        self._comes_s = comes_s
        self._look_s = min(_LOOK_S, comes_s)
        # Those without a whole request, in the order in which they began to wait.
        self._coming: dict[BoundedProtocol, float] = {}
        self._open = 0
        self._timer: asyncio.TimerHandle | None = None

    def open(self, protocol: BoundedProtocol) -> bool:
        """Take a new connection in; return whether there is room for it."""
        if self._open >= self._most:
            longest = next(iter(self._coming), None)
            self.refused.note(RefusedBecause.TOO_MANY)
            if longest is None:
                return False
            self._end(longest)
        self._open += 1
        self.wait(protocol)
        return True

    def wait(self, protocol: BoundedProtocol) -> None:
        """Note that a request begins to come in, or that the next one is waited for."""
        loop = protocol.loop
        self._coming.pop(protocol, None)
        self._coming[protocol] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._look_s, self._look, loop)

    def came(self, protocol: BoundedProtocol) -> None:
        """Note that the request is there."""
        self._coming.pop(protocol, None)

    def close(self, protocol: BoundedProtocol) -> None:
        """Forget a connection that ended."""
        self._open -= 1
        self._coming.pop(protocol, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        before = loop.time() - self._comes_s
        for protocol in [each for each, since in self._coming.items() if since < before]:
            # The end of a body that does not come is seen by who reads it.
            if not protocol.is_read:
                self.refused.note(RefusedBecause.TOO_SLOW)
            self._end(protocol)
        self._timer = loop.call_later(self._look_s, self._look, loop) if self._coming else None

    def _end(self, protocol: BoundedProtocol) -> None:
        del self._coming[protocol]
        protocol.transport.abort()


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's connection, within bounds."""

    bounds: Bounds
    is_read = False
    """Whether some of its body is there: then the application reads it, and sees its end."""
    _is_in_body = False
    _is_counted = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Take the connection in, or end it where there is no room."""
        super().connection_made(transport)
        self._is_counted = self.bounds.open(self)
        if not self._is_counted:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._is_counted:
            self.bounds.close(self)
        # uvicorn leaves its timer where the other side reset the connection: five seconds of memory for each.
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, as long as those before a body are few."""
        if not self._is_in_body:
            self._head_bytes += len(data)
        super().data_received(data)
        is_open = not (self._is_in_body or self.transport.is_closing())
        if is_open and self._head_bytes > MOST_HEAD_BYTES:
            self.bounds.refused.note(RefusedBecause.TOO_LONG)
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        super().on_message_begin()
        self.is_read = False
        self.bounds.wait(self)

    def on_headers_complete(self) -> None:
        """Note that a body may follow."""
        self._is_in_body, self._head_bytes = True, 0
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            whole = OnePiece(self.transport, self.cycle.on_response)
            self.cycle.transport, self.cycle.on_response = whole, whole.complete

    def on_body(self, body: bytes) -> None:
        """Hand on some of the body."""
        self.is_read = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request is there."""
        self._is_in_body = False
        self.bounds.came(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that the next request is waited for."""
        is_idle = not self.pipeline
        super().on_response_complete()
        if is_idle and not self.transport.is_closing():
            self.bounds.wait(self)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self.bounds.refused.note(RefusedBecause.NOT_HTTP)
        super().send_400_response(msg)


def bounded(bounds: Bounds) -> type[BoundedProtocol]:
    """Return uvicorn's kind of connection, within these bounds."""
    return type("Bounded", (BoundedProtocol,), {"bounds": bounds})
