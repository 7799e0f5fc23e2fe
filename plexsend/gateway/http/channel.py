"""One thread's way to the gateway: a prepared request goes out, and what came back is judged by its bytes."""

from __future__ import annotations

import io
import re
import socket
import threading
import weakref
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from requests import PreparedRequest, Request, RequestException
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from plexsend.errors import UsageError
from plexsend.gateway.answers import WholeAnswer, speaks_for_itself
from plexsend.gateway.codes import Meaning
from plexsend.gateway.http.adapter import WatchedAdapter
from plexsend.gateway.http.exchange import Exchange, Timeouts
from plexsend.gateway.http.response_reader import TooLarge
from plexsend.gateway.http.way import Way
from plexsend.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.turn import Turn

CONTENT_TYPE = "application/json;charset=utf-8"

_CREDENTIALS = re.compile(r"[!-~]+")
_PIECE_BYTES = 65_536
_MOST_PREPARED = 64


@dataclass(frozen=True, slots=True)
class Came:
    """An HTTP answer, or the head of one that means something without its body."""

    status: int
    retry_after: str | None
    body: bytes = field(repr=False)
    """Empty where it cannot be read."""


# Without a repr, since the prepared requests are kept by their credentials.
@dataclass(eq=False, repr=False)
class Channel:
    """One thread's way to the gateway."""

    exchange: Exchange
    adapter: WatchedAdapter
    verify: bool | str = True
    """Whether TLS certificates are verified, or against which file."""
    prepared: dict[tuple[str, str], PreparedRequest] = field(default_factory=dict)

    def prepare(self, url: str, credentials: str) -> PreparedRequest:
        """Return a request without a body. It is kept: preparing costs nearly as much as sending."""
        request = self.prepared.get((url, credentials))
        if request is None:
            if _CREDENTIALS.fullmatch(credentials) is None:
                raise UsageError("credentials must be printable ASCII without spaces: userID;secret_key")
            if len(self.prepared) >= _MOST_PREPARED:
                self.prepared.clear()
            headers = {
                "Host": urlsplit(url).netloc,
                "Authorization": credentials,
                "Content-Type": CONTENT_TYPE,
                "Accept-Encoding": "identity",
                "User-Agent": "plexsend",
            }
            request = self.prepared[url, credentials] = Request("POST", url, headers=headers).prepare()
        return request

    def send(self, request: PreparedRequest) -> Came | WholeAnswer:
        """Send a request and return the HTTP answer, or what it means that none came."""
        exchange = self.exchange
        exchange.begin()
        timeouts = exchange.timeouts
        try:
            # The adapter itself: a session can be kept from following redirects, but reads the body of one
            # without bound and fails at a target that is not a URL. It also costs a tenth of the request.
            response = self.adapter.send(
                request,
                stream=True,
                timeout=(timeouts.connect_s, timeouts.read_s),
                verify=self.verify,
            )
            body = _decode_body(response.raw, exchange)
        # ValueError: for answers that are not HTTP and that the libraries miss, such as a negative chunk.
        except (RequestException, HTTPError, HTTPException, OSError, ValueError):
            if exchange.sent and speaks_for_itself(exchange.status):
                return Came(exchange.status, exchange.retry_after, b"")
            return _judge_failure(exchange)
        # An answer to a request whose body never left is the gateway closing an idle connection.
        if not exchange.sent:
            return _judge_failure(exchange)
        return Came(response.status_code, response.headers.get("Retry-After"), body)


class Channels:
    """The ways of all threads, each of which has connections of its own.

    Args:
        timeouts: How long a request may take.
        max_answer_bytes: A longer answer is not read to its end and counts as no answer.
        idle_s: A connection that lay idle for this long is not used again.
        clock: Monotonic seconds.
        turn: Given up by a thread that holds it, while it waits for the network.
        way: Through which proxy, and whose certificates are trusted.
        names: Looks up where hosts are, for all threads.
    """

    def __init__(
        self,
        timeouts: Timeouts,
        *,
        max_answer_bytes: int,
        idle_s: float,
        clock: Callable[[], float],
        turn: Turn | None = None,
        way: Way | None = None,
        names: Names | None = None,
    ) -> None:
        self._timeouts = timeouts
        self._max_answer_bytes = max_answer_bytes
        self._idle_s = idle_s
        self._clock = clock
        self._turn = turn
        self._way = way or Way()
        self._names = names or Names()
        self._local = threading.local()
        # Weak, so that a thread that ends takes its connections along.
        self._all: weakref.WeakSet[Channel] = weakref.WeakSet()
        self._lock = threading.Lock()

    def of_this_thread(self) -> Channel:
        """Return the calling thread's own."""
        channel: Channel | None = getattr(self._local, "channel", None)
        if channel is None:
            exchange = Exchange(
                self._timeouts,
                self._clock,
                self._idle_s,
                most_bytes=self._max_answer_bytes,
                turn=self._turn,
                names=self._names,
            )
            adapter = WatchedAdapter(exchange, self._way)
            channel = self._local.channel = Channel(exchange, adapter, self._way.verify)
            with self._lock:
                self._all.add(channel)
        return channel

    def close(self) -> None:
        """Close the idle connections of all threads; a later request opens new ones."""
        with self._lock:
            channels = list(self._all)
        for channel in channels:
            channel.adapter.close()


def _judge_failure(exchange: Exchange) -> WholeAnswer:
    """Return what it means that no usable answer came, judged by the bytes and not by exceptions."""
    if not exchange.sent:
        meaning = Meaning.CONNECTED if exchange.late else Meaning.UNAVAILABLE
        # A hold is read on other machines, and only this one may have the trouble.
        seen = f"{exchange.words} (seen from {socket.gethostname()}); " if exchange.words else ""
        words = f"{seen}nothing was sent"
        return WholeAnswer(meaning, exchange.failure or "CLOSED", words, None, explicit=False)
    if exchange.too_large:
        code = "TOO_LARGE"
    elif exchange.timed_out:
        code = "TIMEOUT"
    else:
        code = "BROKEN" if exchange.received else "RESET"
    return WholeAnswer(Meaning.UNCERTAIN, code, "no usable answer came", None, explicit=False)


def _decode_body(raw: HTTPResponse, exchange: Exchange) -> bytes:
    """Return the body of an answer, which came whole; raises TooLarge if it is too long once decoded."""
    raw.release_conn()
    if "content-encoding" not in raw.headers:
        return raw.data or b""
    came = b""
    try:
        came = raw.read(decode_content=False)
        return _decoded(HTTPResponse(io.BytesIO(came), raw.headers, preload_content=False), exchange)
    except HTTPError:
        # The header is false: another encoding, or none. Of one that names dozens nothing is read at all.
        return came


def _decoded(encoded: HTTPResponse, exchange: Exchange) -> bytes:
    pieces: list[bytes] = []
    room_bytes = exchange.most_bytes
    while piece := encoded.read(_PIECE_BYTES, decode_content=True):
        room_bytes -= len(piece)
        if room_bytes < 0:
            exchange.too_large = True
            raise TooLarge
        pieces.append(piece)
    return b"".join(pieces)
