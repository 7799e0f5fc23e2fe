"""Connections to the gateway that keep a deadline and know whether any of the request's body has left.

urllib3 and `requests` time single reads: a gateway that drips one byte at a time is never too late for them.
The kind of their exceptions says what went wrong, but not whether something had been sent by then, and that
decides whether a message may be sent again. So both are watched where the bytes go.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from requests import Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_match_hostname import CertificateError

from plexsend.gateway.http.response_reader import BadResponse, ResponseReader, TooLarge
from plexsend.gateway.services import REQUEST_DEADLINE_S
from plexsend.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest
    from urllib3 import HTTPResponse

_SURE_BYTES = 16_384
"""A body up to this is taken at once by a connection that has nothing under way; Linux's smallest buffer."""
_RECEIVE_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a request may take, in seconds. A lease on messages lasts `deadline_s` and five more."""

    connect_s: float = 3.05
    """For each address that a name has, and for the TLS handshake; just above TCP's first retransmission."""
    start_s: float = 5.0
    """For what precedes the request; after a longer start nothing is sent: too little time is left."""
    read_s: float = 15.0
    """For the next byte of the answer."""
    deadline_s: float = REQUEST_DEADLINE_S
    """For the whole exchange, from looking up the name to the last byte of the answer."""


class Exchange:
    """One request and its answer, as the bytes see them. A thread uses one object for all its requests."""

    def __init__(
        self,
        timeouts: Timeouts,
        clock: Callable[[], float],
        idle_s: float,
        *,
        most_bytes: int = 1_000_000,
        turn: Turn | None = None,
    ) -> None:
        self.timeouts = timeouts
        self.clock = clock
        self.idle_s = idle_s
        self.most_bytes = most_bytes
        """The longest body of an answer that is taken."""
        self.turn = turn or Turn()
        """Given up while the thread waits for the network."""
        self.begin()

    def begin(self) -> None:
        """Forget the last exchange; the time of the next runs from now."""
        self.began_s = self.clock()
        self.failure = ""
        """What failed in connecting: NAME, TLS, REFUSED or CONNECT_TIMEOUT; empty if none of these did."""
        self.sent = False
        """Whether any of the body may have left. False is certain; True is cautious."""
        self.received = False
        """Whether any byte came back."""
        self.timed_out = False
        self.too_large = False
        """Whether the answer was longer than allowed."""
        self.status = 0
        """The answer's status, once its head has come whole; 0 before."""
        self.retry_after: str | None = None
        """The header of that name, of an answer that is not a success."""

    def patience_s(self) -> float:
        """Return how long the next call of the socket may wait; raises TimeoutError after the deadline."""
        remaining_s = self.began_s + self.timeouts.deadline_s - self.clock()
        if remaining_s <= 0:
            self.timed_out = True
            raise TimeoutError("the deadline of the whole exchange is over")
        return min(remaining_s, self.timeouts.read_s)

    def started_late(self) -> bool:
        """Return whether too much time went by before the request could be sent."""
        return self.clock() - self.began_s > self.timeouts.start_s


class WatchedConnection(HTTPConnection):
    """A plain connection that reports to its `exchange` what happens to the request.

    Connecting is left to urllib3. Writing a request and reading its answer by `http.client` and its parser of
    e-mail costs as much as all else that a batch needs, so both are done here, the reading by llhttp.
    """

    exchange: ClassVar[Exchange]
    _used_s = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether the connection may be used again: neither closed by the gateway nor idle for too long.

        A gateway that closes an idle connection while a request is under way makes that request uncertain;
        connections are given up before gateways usually do.
        """
        exchange = self.exchange
        return exchange.clock() - self._used_s < exchange.idle_s and super().is_connected

    def connect(self) -> None:
        """Connect, and record what failed in words that do not change."""
        exchange = self.exchange
        try:
            with exchange.turn.outside():
                super().connect()
        except NameResolutionError:
            exchange.failure = "NAME"
            raise
        except (ssl.SSLError, CertificateError):
            exchange.failure = "TLS"
            raise
        except NewConnectionError:
            exchange.failure = "REFUSED"
            raise
        except (ConnectTimeoutError, TimeoutError):
            exchange.failure = "CONNECT_TIMEOUT"
            raise
        if exchange.started_late():
            exchange.failure = "CONNECT_TIMEOUT"
            raise ConnectTimeoutError(self, "connecting took too long for the request to be sent in time")

    def request(  # type: ignore[override]  # the options of urllib3 that nobody here uses
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> None:
        """Send a request.

        As long as nothing of the body has left, the gateway cannot act on it: so head and body leave apart.
        The first `send` of the body on the socket either takes some of it or raises and has taken none, which
        `sendall` does not report.
        """
        if self.sock is None:
            self.connect()
        lines = [f"{method} {url} HTTP/1.1", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        self.sock.settimeout(self.exchange.patience_s())
        self.sock.sendall("\r\n".join((*lines, "\r\n")).encode("latin-1"))
        if len(body) <= _SURE_BYTES:
            self._send_body(body)
        else:
            with self.exchange.turn.outside():
                self._send_body(body)

    def _send_body(self, body: bytes) -> None:
        # Not `sendall`: over TLS it grants each record the whole timeout.
        rest = memoryview(body)
        try:
            while rest:
                self.sock.settimeout(self.exchange.patience_s())
                count = self.sock.send(rest)
                self.exchange.sent = True
                rest = rest[count:]
        except TimeoutError:
            self.exchange.timed_out = True
            raise

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
        """Return the answer, whole; from now on the connection counts as idle, if it may be used again."""
        exchange = self.exchange
        reader = ResponseReader(exchange.most_bytes)
        try:
            while not reader.complete:
                data = self._receive()
                if data:
                    exchange.received = True
                    reader.feed(data)
                else:
                    reader.end()
        except TooLarge:
            exchange.too_large = True
            raise
        finally:
            exchange.status = reader.status
            if exchange.status >= HTTPStatus.MULTIPLE_CHOICES:
                exchange.retry_after = reader.header("retry-after")
        self._used_s = exchange.clock()
        if not reader.keeps_alive:
            self.close()
        return reader.response()

    def _receive(self) -> bytes:
        if self.sock is None:
            raise BadResponse("the connection is closed")
        self.sock.settimeout(self.exchange.patience_s())
        try:
            with self.exchange.turn.outside():
                return self.sock.recv(_RECEIVE_BYTES)
        except TimeoutError:
            self.exchange.timed_out = True
            raise


class WatchedTlsConnection(WatchedConnection, HTTPSConnection):
    """The same over TLS."""


class WatchedAdapter(HTTPAdapter):
    """Connections of one thread, each of which reports to the thread's `exchange`."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(pool_connections=len(_KINDS) * 4, pool_maxsize=1, max_retries=0)
        self.exchange = exchange
        self.poolmanager.pool_classes_by_scheme = {
            scheme: _bind(pool, connection, exchange) for scheme, (pool, connection) in _KINDS.items()
        }
        self._pools: dict[str | None, Any] = {}

    # These methods leave out what `requests` looks up again for each request, and what nobody reads from an
    # answer: proxies, cookies, encodings.

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the pool of a request's host."""
        pool = self._pools.get(request.url)
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            self._pools[request.url] = pool
        return pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:  # noqa: ARG002  the signature of requests
        """Return the path that a request asks for."""
        return request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:  # noqa: ARG002  the signature of requests
        """Return an answer with status, headers and what its body is read from."""
        response = Response()
        response.status_code, response.headers, response.raw = resp.status, resp.headers, resp
        return response

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        super().close()
        self._pools.clear()


_KINDS: dict[str, tuple[type[HTTPConnectionPool], type[WatchedConnection]]] = {
    "http": (HTTPConnectionPool, WatchedConnection),
    "https": (HTTPSConnectionPool, WatchedTlsConnection),
}


def _bind(
    pool: type[HTTPConnectionPool], connection: type[WatchedConnection], exchange: Exchange
) -> type[HTTPConnectionPool]:
    """Return a kind of pool whose connections report to `exchange`; urllib3 passes nothing else to them."""
    bound = type(connection.__name__, (connection,), {"exchange": exchange})
    return type(pool.__name__, (pool,), {"ConnectionCls": bound})
