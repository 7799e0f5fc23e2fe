"""HTTP responses as they come off the wire: read by llhttp, piece by piece, and never more than allowed."""

from __future__ import annotations

import io
from http import HTTPStatus
from http.client import HTTPException

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from urllib3 import HTTPHeaderDict, HTTPResponse

MOST_HEAD_BYTES = 65_536
MOST_HEADERS = 100
"""A longer head is not accepted."""

_ENDS_ITS_CONNECTION = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.MISDIRECTED_REQUEST})
"""The server waits no longer, or it is the wrong one: the next request needs another connection."""


class BadResponse(HTTPException):
    """What came is not an HTTP response, or ended too early."""


class TooLarge(HTTPException):
    """The body is longer than allowed."""


class ResponseReader:
    """Reads one response from pieces of bytes. Interim responses before it are skipped.

    Args:
        most_bytes: The longest body that is taken, as it comes: an encoded one may be longer once decoded.
    """

    def __init__(self, most_bytes: int) -> None:
        self.complete = False
        """Whether the response is whole."""
        self.keeps_alive = False
        """Whether another request may follow on its connection; read it when the response is complete."""
        self._most_bytes = most_bytes
        self._came_bytes = 0
        self._parser = HttpResponseParser(self)
        self._begin()

    def _begin(self) -> None:
        self._headers: list[tuple[str, str]] = []
        self._pieces: list[bytes] = []
        self._head_bytes = self._header_bytes = self._body_bytes = 0
        self._status = 0
        self._in_body = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            BadResponse: for what is not HTTP.
            TooLarge: for more than is allowed.
        """
        self._came_bytes += len(data)
        if not self._in_body:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as exc:
            # What follows a whole response does not belong to this request.
            if not self.complete:
                raise BadResponse(type(exc).__name__) from None
            self.keeps_alive = False
        # The second bound is for what frames a body: chunks of a byte, trailers, endless interim responses.
        if self._body_bytes > self._most_bytes or self._came_bytes > 2 * (self._most_bytes + MOST_HEAD_BYTES):
            raise TooLarge
        if not self._in_body and self._head_bytes > MOST_HEAD_BYTES:
            raise BadResponse("a head without end")

    def end(self) -> None:
        """Take the end of the connection, which ends a body of unknown length; BadResponse otherwise."""
        framed = any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in self._headers)
        if not self._in_body or framed:
            raise BadResponse("the connection ended before the response")
        self.complete = True

    @property
    def status(self) -> int:
        """The status of the response, once its head is whole; 0 before."""
        return self._status if self._in_body else 0

    def header(self, wanted: str) -> str | None:
        """Return the first header of a name in lower case; None without one."""
        return next((value for name, value in self._headers if name.lower() == wanted), None)

    def response(self) -> HTTPResponse:
        """Return the response once it is complete; only an encoded body is left to be read from it."""
        headers = HTTPHeaderDict(self._headers)
        body = b"".join(self._pieces)
        # It refers to this reader: without it both are freed at once, not by the next garbage collection.
        del self._parser
        return HTTPResponse(
            io.BytesIO(body) if "content-encoding" in headers else body,
            headers,
            self._status,
            preload_content=False,
        )

    # What the parser calls:

    def on_message_begin(self) -> None:
        """Begin the response, or one behind it that nobody asked for."""
        if self.complete:
            self.keeps_alive = False
        else:
            self._begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        # Behind the body it is a trailer, which can no longer say how the body is to be read.
        if not self._in_body:
            self._header_bytes += len(name) + len(value)
            if len(self._headers) == MOST_HEADERS or self._header_bytes > MOST_HEAD_BYTES:
                raise BadResponse("too long a head")
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        if not self.complete:
            self._status = self._parser.get_status_code()
            # An interim response has no body.
            self._in_body = self._status >= HTTPStatus.OK

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if not self.complete:
            self._body_bytes += len(body)
            if self._body_bytes <= self._most_bytes:
                self._pieces.append(body)

    def on_message_complete(self) -> None:
        """End the response, unless it is an interim one."""
        if not self.complete and self._in_body:
            self.complete = True
            self.keeps_alive = self._parser.should_keep_alive() and self._status not in _ENDS_ITS_CONNECTION
