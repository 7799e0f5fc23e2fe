"""The sandbox on a socket: a thread per connection, HTTP/1.1 kept alive, ended as rudely as a test wants."""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import struct
import sys
import threading
import time
from dataclasses import dataclass
from http.client import responses
from typing import TYPE_CHECKING, BinaryIO, cast

from plexsend.sandbox import admin, wire
from plexsend.sandbox.answers import Ending, Reply, Whole, refuse, render
from plexsend.sandbox.picture_rules import find_rules

if TYPE_CHECKING:
    from plexsend.sandbox.controls import Controls
    from plexsend.sandbox.plex import Plex
    from plexsend.sandbox.schedule import Drawn

HOST = "127.0.0.1"
"""The only address: the sandbox has no protection of its own."""

# Ten times what the guide allows: ten texts of 1000 syllables, every one of them escaped, have about 80 kB.
MAX_BODY_BYTES = 1_000_000

# The largest image that may be uploaded has 1 MB; a larger one is refused in the gateway's words.
MAX_PICTURE_BYTES = 4_000_000

# How long, and how much, a refused peer may go on sending before the connection is closed over it.
_LINGER_S = 1.0
_LINGER_BYTES = 4_000_000

# How long an answer waits for receipts that are to come before it. Clients give up after 15 s.
_EARLY_S = 2.0

# A dripping answer goes out in at most this many pieces a second.
_DRIPS_PER_S = 20

_log = logging.getLogger(__name__)


class Server(socketserver.ThreadingTCPServer):
    """Listens, and knows its open connections so that it can end them."""

    # A killed sandbox can be started again on its port at once.
    allow_reuse_address = True
    daemon_threads = True
    # More than any test opens at once.
    request_queue_size = 512

    def __init__(self, port: int, plex: Plex, controls: Controls, *, idle_s: float) -> None:
        self.plex = plex
        self.controls = controls
        self.idle_s = idle_s
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        super().__init__((HOST, port), _Connection)

    def enter(self, connection: socket.socket) -> None:
        """Remember an open connection."""
        with self._lock:
            self._open[connection] = threading.current_thread()

    def leave(self, connection: socket.socket) -> None:
        """Forget a closed connection."""
        with self._lock:
            self._open.pop(connection, None)

    def close(self) -> None:
        """Stop listening, end every connection and wait for their threads (at most two seconds)."""
        self.stopping.set()
        self.server_close()
        with self._lock:
            connections = dict(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        deadline_s = time.monotonic() + 2
        for thread in connections.values():
            thread.join(max(0.0, deadline_s - time.monotonic()))

    def admit(self, exc: BaseException) -> None:
        """Count and log a mistake of the sandbox, without the error's text, which may hold a message."""
        traceback = exc.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        where = "" if traceback is None else f"{traceback.tb_frame.f_code.co_name}:{traceback.tb_lineno}"
        _log.error("sandbox made a mistake: %s in %s", type(exc).__name__, where)
        self.plex.tally.count("internal_errors")

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the parent's signature
        """Count what got past every other edge."""
        exc = sys.exc_info()[1]
        if exc is not None:
            self.admit(exc)


@dataclass(frozen=True, slots=True)
class _Received:
    """A request as far as it was read: a body of None was left unread, and administration draws no faults."""

    head: wire.Head
    body: bytes | None
    drawn: Drawn | None


class _Connection(socketserver.BaseRequestHandler):
    """One connection: requests one after the other until either side ends it."""

    server: Server
    request: socket.socket
    _counted = False

    def handle(self) -> None:
        """Answer requests until the connection ends."""
        connection = self.request
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self.server.idle_s)
        self.server.enter(connection)
        try:
            with connection.makefile("rb", buffering=64 * 1024) as stream:
                while not self.server.stopping.is_set() and self._answer_next(cast("BinaryIO", stream)):
                    pass
            connection.close()
        except OSError:
            # The peer went away, or was reset by us while it still sent.
            connection.close()
        finally:
            self.server.leave(connection)

    def _answer_next(self, stream: BinaryIO) -> bool:
        """Answer one request; return whether another may follow."""
        try:
            received = self._read(stream)
        except wire.MalformedError as malformed:
            self.server.plex.tally.count("malformed")
            self._refuse(Whole(malformed.status, "C400_2", malformed.reason))
            return False
        except TimeoutError:
            self.server.plex.tally.count("malformed")
            self._refuse(Whole(408, "C400_2", "the request did not end in time"))
            return False
        if received is None:
            return False
        return self._send(self._answer(received), received.head)

    def _read(self, stream: BinaryIO) -> _Received | None:
        """Read one request; None when no more come."""
        head = wire.read_head(stream)
        if head is None:
            return None
        length = head.length
        if length is None:
            raise wire.MalformedError(411, "Content-Length is missing")
        most_bytes = MAX_BODY_BYTES if find_rules(head.path) is None else MAX_PICTURE_BYTES
        if length > most_bytes:
            raise wire.MalformedError(413, f"the body is larger than {most_bytes} bytes")
        if head.path.startswith(admin.PREFIX):
            return _Received(head, wire.read_body(stream, length), None)
        if not self._counted:
            self._counted = True
            self.server.plex.tally.count("connections")
        drawn = self.server.plex.draw(head)
        if drawn.fault is not None and drawn.fault.kind == "reset_before_reading":
            return _Received(head, None, drawn)
        if head.awaits_go_ahead:
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return _Received(head, wire.read_body(stream, length), drawn)

    def _answer(self, received: _Received) -> Reply:
        """Return the answer to a request, whatever happens."""
        try:
            if received.drawn is None:
                return admin.administer(self.server.controls, received.head, received.body or b"")
            return self.server.plex.answer(received.head, received.body, received.drawn)
        except Exception as exc:  # noqa: BLE001 - the edge: a mistake of the sandbox is logged and counted, not fatal
            self.server.admit(exc)
            return render(refuse("C500_1", "the sandbox itself made a mistake"))

    def _send(self, reply: Reply, head: wire.Head) -> bool:
        """Send an answer as it wants to be sent; return whether another request may follow."""
        wait_until_s = time.monotonic() + _EARLY_S
        for tried in reply.awaits:
            tried.wait(max(0.0, wait_until_s - time.monotonic()))
        if reply.delay_s and self.server.stopping.wait(reply.delay_s):
            return False
        _log.info("answered %s %s with %s (%s)", head.method, head.path, reply.status, reply.ending.name)
        if reply.ending is Ending.RESET:
            self._reset()
            return False
        if reply.ending is Ending.HANG_UP:
            return False
        keep = head.keep_alive and reply.ending in {Ending.KEEP, Ending.DROP, Ending.CUT}
        data = _serialise(reply, keep=keep, without_body=head.method == "HEAD")
        if reply.ending is Ending.CUT:
            data = data[: len(data) - len(reply.body) // 2 - 1]
        if reply.bytes_per_s is None:
            self.request.sendall(data)
        else:
            self._drip(data, reply.bytes_per_s)
        return keep and reply.ending is Ending.KEEP

    def _drip(self, data: bytes, bytes_per_s: float) -> None:
        """Send slowly, until it is sent or the sandbox ends."""
        size = max(1, round(bytes_per_s / _DRIPS_PER_S))
        for start in range(0, len(data), size):
            self.request.sendall(data[start : start + size])
            if self.server.stopping.wait(size / bytes_per_s):
                return

    def _refuse(self, answer: Whole) -> None:
        """Answer what could not be read to its end, and close without losing the answer.

        Closing a socket that has unread input resets it, and a reset overtakes the answer. So only the
        sending side is closed, and what the peer still sends is read for a while.
        """
        self.server.plex.tally.count_answer(answer, answer.status)
        connection = self.request
        with contextlib.suppress(OSError):
            connection.sendall(_serialise(render(answer), keep=False, without_body=False))
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(_LINGER_S)
            deadline_s = time.monotonic() + _LINGER_S
            left = _LINGER_BYTES
            while left > 0 and time.monotonic() < deadline_s and (data := connection.recv(64 * 1024)):
                left -= len(data)

    def _reset(self) -> None:
        """Make closing send RST instead of a proper end."""
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _serialise(reply: Reply, *, keep: bool, without_body: bool) -> bytes:
    """Return the answer as bytes, so that it leaves in one write."""
    phrase = responses.get(reply.status, "Unknown")
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in reply.headers)]
    lines.append(f"Content-Length: {len(reply.body)}")
    if not keep:
        lines.append("Connection: close")
    text = "\r\n".join(lines) + "\r\n\r\n"
    return text.encode("latin-1") if without_body else text.encode("latin-1") + reply.body
