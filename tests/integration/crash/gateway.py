"""A gateway that writes down what it accepted, on a real socket, and knows nothing of the product's code.

It takes a key a second time as it took it the first time, the worst that a gateway can do, unless its answers
say otherwise.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_HEAD_END = b"\r\n\r\n"
_MOST_ITEMS = 10
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Reply:
    """What is answered: a status and a JSON body."""

    status: int
    content: dict[str, Any]

    def __bytes__(self) -> bytes:
        body = json.dumps(self.content).encode()
        return f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


Answers = Callable[["Gateway", Sequence[str]], Reply | None]
"""Decides on a request by its keys, and accepts what it does; None closes the connection without a word."""


class Gateway:
    """Serves one case.

    Args:
        answers: What it decides.
        is_told: Whether a message's record tells that an earlier request may have sent it; asked when a key
            that was accepted comes again.
    """

    def __init__(self, answers: Answers, is_told: Callable[[str], bool]) -> None:
        self.accepted: Counter[str] = Counter()
        """How often each key was accepted."""
        self.requests: list[list[str]] = []
        """The keys of every request that was read whole."""
        self.complaints: list[str] = []
        """What no request may be."""
        self._answers = answers
        self._is_told = is_told
        self.hold_before = 0
        """Number of the request, the first is 1, that is not read before `go_on`; 0: none."""
        self._may_go_on = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._address = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{self._address[1]}"
        self._acceptor = threading.Thread(target=self._accept_connections)
        self._acceptor.start()

    def accept(self, keys: Sequence[str]) -> Reply:
        """Accept these keys, and return the reply that says so."""
        self.accepted.update(keys)
        return Reply(200, {"results": [{"code": "C100", "desc": "ok", "msg_key": key} for key in keys]})

    def go_on(self) -> None:
        """Read what was held, and wait until every connection has ended: whoever was there must be gone."""
        self._may_go_on.set()
        # Connections are taken in turn: once this one has ended, all before it are being served.
        with socket.create_connection(self._address, _PATIENCE_S) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(1)
        self._join_all()

    def close(self) -> None:
        """Take no more connections, and wait for those that are there."""
        # A blocked accept does not notice that its socket is closed: shutting it down wakes it.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(_PATIENCE_S)
        # A client may leave the closing of its connections to the garbage collector.
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._join_all()

    def _join_all(self) -> None:
        for thread in self._threads:
            thread.join(_PATIENCE_S)
            assert not thread.is_alive(), "a connection of a process that is gone does not end"
        self._threads.clear()

    def _accept_connections(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,))
            thread.start()
            self._threads.append(thread)
            self._open.append(sock)

    def _serve(self, sock: socket.socket) -> None:
        # A sender that was killed may have closed with a reset.
        with sock, suppress(OSError):
            while True:
                if len(self.requests) + 1 == self.hold_before:
                    self._may_go_on.wait(_PATIENCE_S)
                found = _read_request(sock)
                if found is None:
                    return
                reply = self._decide(*found)
                if reply is None:
                    return
                sock.sendall(bytes(reply))

    def _decide(self, path: str, content: dict[str, Any]) -> Reply | None:
        keys = [item["msg_key"] for item in content["msg_data"]]
        with self._lock:
            self.requests.append(keys)
            if len(keys) > _MOST_ITEMS or len(set(keys)) < len(keys):
                self.complaints.append(f"a request to {path} with the keys {keys}")
            for key in keys:
                if self.accepted[key] and not self._is_told(key):
                    self.complaints.append(f"{key} came again, and its record told of no uncertain first")
            return self._answers(self, keys)


def _read_request(sock: socket.socket) -> tuple[str, dict[str, Any]] | None:
    """Return path and content of a request; None where the sender went before it was whole."""
    data = b""
    while _HEAD_END not in data or len(data.partition(_HEAD_END)[2]) < _length(data):
        piece = sock.recv(65_536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(_HEAD_END)
    return head.split(b" ", 2)[1].decode(), json.loads(body)


def _length(data: bytes) -> int:
    head = data.partition(_HEAD_END)[0].lower()
    return next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.startswith(b"content-length")
    )
