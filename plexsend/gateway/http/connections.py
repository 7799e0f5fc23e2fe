"""Connections to the gateway that keep a deadline and know whether any of the request's body has left.

urllib3 and `requests` time single reads: a gateway that drips one byte at a time is never too late for them.
The kind of their exceptions says what went wrong, but not whether something had been sent by then, and that
decides whether a message may be sent again. So both are watched where the bytes go.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, ClassVar

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection
from urllib3.util.ssl_match_hostname import CertificateError

from plexsend.gateway.http.exchange import LATE
from plexsend.gateway.http.failures import explain
from plexsend.gateway.http.response_reader import BadResponse, ResponseReader, TooLarge
from plexsend.names import NameSlow, NameUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.gateway.http.exchange import Exchange

_SURE_BYTES = 16_384
"""A body up to this is taken at once by a connection that has nothing under way; Linux's smallest buffer."""
_RECEIVE_BYTES = 16_384


class WatchedConnection(HTTPConnection):
    """A plain connection that reports to its `exchange` what happens to the request.

    Connecting is left to urllib3. Writing a request and reading its answer by `http.client` and its parser of
    e-mail costs as much as all else that a batch needs, so both are done here, the reading by llhttp.
    """

    exchange: ClassVar[Exchange]
    _used_s = 0.0
    _address = ""

    @property
    def is_connected(self) -> bool:
        """Whether the connection may be used again: neither closed by the gateway nor idle for too long.

        A gateway that closes an idle connection while a request is under way makes that request uncertain,
        and so does a firewall that forgot it: connections are given up before that usually happens.
        """
        exchange = self.exchange
        return exchange.clock() - self._used_s < exchange.idle_s and super().is_connected

    def connect(self) -> None:
        """Connect, and record what failed in words that do not change."""
        exchange = self.exchange
        # Forgotten by urllib3 when the proxy refuses.
        target = self._tunnel_host
        try:
            with exchange.turn.outside():
                super().connect()
        except (OSError, HTTPException, CertificateError) as exc:
            exchange.fail(*explain(exc, self._whom, target=target, through=self.has_connected_to_proxy))
            # It took a connection and did nothing with it: another address of the host may be well.
            if self._address:
                exchange.names.note_silent(self._address)
            raise
        exchange.names.note_answered(self._address)
        if exchange.took_s() > exchange.timeouts.start_s:
            exchange.fail(
                LATE,
                f"connecting to {self._whom} took {exchange.took_s():.1f} s, "
                f"the look-up of its name {exchange.name_s:.1f} s of it; the connection is kept",
            )

    def _new_conn(self) -> socket.socket:
        """Connect to the first of the host's addresses that takes the connection.

        urllib3 grants each address the same time, in the same order each time, and the name any time.
        """
        exchange, names = self.exchange, self.exchange.names
        self._address = ""
        addresses = self._look_up()
        failure: OSError = NameUnknown(self.host)
        for tried, address in enumerate(addresses):
            patience_s = exchange.address_patience_s(len(addresses) - tried)
            if tried and not patience_s:
                break
            try:
                sock = create_connection(
                    (address, self.port),
                    patience_s or exchange.timeouts.least_s,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except OSError as exc:
                names.note_silent(address)
                failure = exc
            else:
                self._address = address
                # The time for one of several addresses is too short for a handshake.
                sock.settimeout(exchange.timeouts.connect_s)
                return sock
        raise failure

    def _tunnel(self) -> None:
        # Each byte of the proxy's answer may take the whole time for connecting: all of them may not.
        timer = threading.Timer(self.exchange.timeouts.connect_s, self._hang_up, (self.sock,))
        timer.daemon = True
        # Where there are no more threads each byte has its time all the same.
        with suppress(RuntimeError):
            timer.start()
        try:
            super()._tunnel()
        finally:
            timer.cancel()

    def _hang_up(self, sock: socket.socket) -> None:
        self.exchange.fail("CONNECT_TIMEOUT", f"{self._whom} does not answer in time")
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    def _look_up(self) -> list[str]:
        exchange = self.exchange
        began_s = exchange.clock()
        within_s = max(0.0, exchange.timeouts.start_s - exchange.took_s())
        try:
            exchange.addresses = exchange.names.addresses(self._dns_host, within_s)
        except NameUnknown:
            exchange.fail("NAME", f"the name servers know no address of {self._whom}")
            raise
        except NameSlow:
            exchange.fail(
                "NAME_SLOW",
                f"the name servers did not say in {exchange.timeouts.start_s:g} s where {self._whom} is",
            )
            raise
        finally:
            exchange.name_s = exchange.clock() - began_s
        return exchange.addresses

    @property
    def _whom(self) -> str:
        return f"the proxy {self.host}" if self.proxy else self.host

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
        if self.exchange.late:
            return
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
        if exchange.late:
            # As if an empty answer had come: after an exception urllib3 would close the connection.
            self._used_s = exchange.clock()
            return HTTPResponse(b"", preload_content=False)
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


def bound(connection: type[WatchedConnection], exchange: Exchange) -> type[WatchedConnection]:
    """Return a kind of connection that reports to `exchange`; urllib3 passes them nothing of ours."""
    return type(connection.__name__, (connection,), {"exchange": exchange})
