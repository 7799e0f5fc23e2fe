"""Connections to the gateway that keep a deadline and know whether any of the request's body has left.

urllib3 and `requests` time single reads: a gateway that drips one byte at a time is never too late for them.
They also tell by the kind of an exception what went wrong, but not whether something had been sent by then,
and on that hangs whether a message may be sent again. So both are watched where the bytes go.
"""

from __future__ import annotations

import http.client
import io
import ssl
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from requests import Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_match_hostname import CertificateError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from requests import PreparedRequest


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a request may take, in seconds. A lease on messages lasts `deadline_s` and five more."""

    connect_s: float = 3.05
    """For each address that a name has, and for the TLS handshake; just above TCP's first retransmission."""
    start_s: float = 5.0
    """For what precedes the request; after a longer start nothing is sent: too little time is left."""
    read_s: float = 15.0
    """For the next byte of the answer."""
    deadline_s: float = 15.0
    """For the whole exchange, from looking up the name to the last byte of the answer."""


class Exchange:
    """One request and its answer, as the bytes see them. A thread uses one object for all its requests."""

    def __init__(self, timeouts: Timeouts, clock: Callable[[], float], idle_s: float) -> None:
        self.timeouts = timeouts
        self.clock = clock
        self.idle_s = idle_s
        self.begin()

    def begin(self) -> None:
        """Forget the last exchange and let the time for the next run from now."""
        self.began_s = self.clock()
        self.failure = ""
        """What failed in connecting: NAME, TLS, REFUSED or CONNECT_TIMEOUT; empty if nothing of these did."""
        self.sent = False
        """Whether any of the body may have left: an exact False, a cautious True."""
        self.received = False
        """Whether any byte came back."""
        self.timed_out = False

    def remaining_s(self) -> float:
        """Return how long the exchange may still take."""
        return self.began_s + self.timeouts.deadline_s - self.clock()

    def started_late(self) -> bool:
        """Tell whether too much time went by before the request could be sent."""
        return self.clock() - self.began_s > self.timeouts.start_s


class _TimedReader(io.RawIOBase):
    """The receiving end of a socket; every read gets what is left of the deadline, if anything is."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, exchange: Exchange) -> None:
        self._raw = raw
        self._sock = sock
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        remaining_s = self._exchange.remaining_s()
        if remaining_s <= 0:
            self._exchange.timed_out = True
            raise TimeoutError("the deadline of the whole exchange is over")
        self._sock.settimeout(min(remaining_s, self._exchange.timeouts.read_s))
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            self._exchange.timed_out = True
            raise
        self._exchange.received |= bool(count)
        return count

    def close(self) -> None:
        # The raw end counts as a user of the socket, which stays open until it is closed.
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer that is read, headers and all, through a `_TimedReader`."""

    def __init__(self, sock: socket.socket, *args: Any, exchange: Exchange, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, exchange))

    # http.client skips 100 alone. Any other interim answer would count as the answer, and the true one, left
    # on the connection, as that of the next request.
    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        while HTTPStatus.SWITCHING_PROTOCOLS < status < HTTPStatus.OK:
            http.client._read_headers(self.fp)  # type: ignore[attr-defined]  # noqa: SLF001
            version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, status, reason


class WatchedConnection(HTTPConnection):
    """A plain connection that tells its `exchange` what happens to the request."""

    exchange: ClassVar[Exchange]
    _headers_sent = False
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
        """Connect, and say what failed in words that stay."""
        exchange = self.exchange
        try:
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
        response_class = partial(_TimedResponse, exchange=exchange)
        self.response_class = response_class  # type: ignore[assignment] # http.client only calls it

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        """Begin a request."""
        self._headers_sent = False
        super().putrequest(*args, **kwargs)

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        """Send the headers. As long as the body has not left, the gateway cannot act on the request."""
        super().endheaders(*args, **kwargs)
        self._headers_sent = True

    def send(self, data: Any) -> None:
        """Send headers or, after those, the body.

        The first `send` of the body on the socket either takes some of it or raises and has taken none, which
        `sendall` does not tell.
        """
        if not self._headers_sent:
            super().send(data)
            return
        count = self.sock.send(data)
        self.exchange.sent = True
        if count < len(data):
            self.sock.sendall(memoryview(data)[count:])

    def getresponse(self) -> Any:
        """Return the answer; from its headers on the connection counts as idle."""
        response = super().getresponse()
        self._used_s = self.exchange.clock()
        return response


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

    # What follows leaves out what `requests` finds out anew for each request, and what nobody asks of an
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
        self._pools.clear()
        super().close()


_KINDS: dict[str, tuple[type[HTTPConnectionPool], type[WatchedConnection]]] = {
    "http": (HTTPConnectionPool, WatchedConnection),
    "https": (HTTPSConnectionPool, WatchedTlsConnection),
}


def _bind(
    pool: type[HTTPConnectionPool], connection: type[WatchedConnection], exchange: Exchange
) -> type[HTTPConnectionPool]:
    """Return a kind of pool whose connections report to `exchange`; urllib3 hands no more through to them."""
    bound = type(connection.__name__, (connection,), {"exchange": exchange})
    return type(pool.__name__, (pool,), {"ConnectionCls": bound})
