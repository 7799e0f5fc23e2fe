"""A gateway that writes down what it accepted, on a real socket, and knows nothing of the product's code.

It takes a key a second time as it took it the first time, the worst that a gateway can do, unless its answers
say otherwise. It is not the sandbox with a script: a crash is judged by what is written down here, which the
product's own double must have no part in, and a request is held back before it is read.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.integration.gateway import rude_gateway

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
        self._wire = rude_gateway.Gateway()
        self._wire.serve = self._serve
        self.url = self._wire.url

    def accept(self, keys: Sequence[str]) -> Reply:
        """Accept these keys, and return the reply that says so."""
        self.accepted.update(keys)
        return Reply(200, {"results": [{"code": "C100", "desc": "ok", "msg_key": key} for key in keys]})

    def go_on(self) -> None:
        """Read what was held, and wait until every connection has ended: whoever was there must be gone."""
        self._may_go_on.set()
        # Connections are taken in turn: once this one has ended, all before it are being served.
        with socket.create_connection(("127.0.0.1", self._wire.port), _PATIENCE_S) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(1)
        self._wire.join(_PATIENCE_S)

    def close(self) -> None:
        """Take no more connections, and wait for those that are there."""
        self._wire.close(_PATIENCE_S)

    def _serve(self, sock: socket.socket, wire: rude_gateway.Gateway) -> None:
        while True:
            if len(self.requests) + 1 == self.hold_before:
                self._may_go_on.wait(_PATIENCE_S)
            found = wire.read_request(sock)
            if found is None:
                return
            head, body = found
            reply = self._decide(head.split(b" ", 2)[1].decode(), json.loads(body))
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
