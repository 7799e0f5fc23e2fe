"""A gateway on a real socket that does exactly what a test tells it, misdeeds included."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

Serve = Callable[[socket.socket, "Gateway"], object]


class Gateway:
    """Accepts connections on 127.0.0.1 and gives each, in a thread, to the function under `serve`."""

    def __init__(self) -> None:
        self.serve: Serve = answering()
        self.requests: list[tuple[bytes, bytes]] = []
        """Head and body of every request that was read."""
        self.connections = 0
        self.stopping = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    def read_request(self, sock: socket.socket) -> tuple[bytes, bytes] | None:
        """Read one request whole, keep it and return head and body; None when the client has closed."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = sock.recv(65_536)
            if not piece:
                return None
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            piece = sock.recv(65_536)
            if not piece:
                return None
            body += piece
        self.requests.append((head, body))
        return head, body

    def join(self, within_s: float) -> None:
        """Wait until every connection that is open has ended."""
        for thread in self._threads:
            thread.join(within_s)
            assert not thread.is_alive(), "a connection does not end"
        self._threads.clear()

    def close(self, within_s: float = 5) -> None:
        """Take no more connections, and wait for those that are there."""
        self.stopping.set()
        # A blocked accept does not notice that its socket is closed: shutting it down wakes it.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(within_s)
        # A client may leave the closing of its connections to the garbage collector.
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.join(within_s)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._run, args=(sock,))
            thread.start()
            self._threads.append(thread)

    def _run(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            self.serve(sock, self)


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return a whole HTTP answer with its length."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answering(*answers: bytes) -> Serve:
    """Return a `serve` that reads requests and answers them in turn; the last answer goes on for ever."""

    def serve(sock: socket.socket, gateway: Gateway) -> None:
        turn = 0
        while gateway.read_request(sock):
            sock.sendall(answers[min(turn, len(answers) - 1)])
            turn += 1

    return serve


def answering_once(answer: bytes) -> Serve:
    """Return a `serve` that reads one request, answers it and closes the connection."""

    def serve(sock: socket.socket, gateway: Gateway) -> None:
        gateway.read_request(sock)
        sock.sendall(answer)

    return serve


def reset(sock: socket.socket) -> None:
    """Close with a reset instead of an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def hang(sock: socket.socket, gateway: Gateway) -> None:
    """Read one request and never answer."""
    gateway.read_request(sock)
    gateway.stopping.wait()


def read_then_reset(sock: socket.socket, gateway: Gateway) -> None:
    """Read one request and close with a reset."""
    gateway.read_request(sock)
    reset(sock)
