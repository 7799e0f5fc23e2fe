"""Posts receipts, one result each: `poster.py PORT PATH COUNT CONNECTIONS RATE`; RATE 0: as fast as it goes.

Prints one JSON object: posts a second between 5 and 95 %, and the time from when a post was due until it was
answered, in ms. A post that waits for a free connection counts from when it was due, so what one slow answer
holds up is not left out. Requests are made before, and sockets are used as they are: it shares two cores with
what it measures.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections import deque

_KEY = "7d9f0c1e-1c1b-4f6e-9a53-{:012d}"
_BEGIN, _END = b"HTTP/1.1 200 ", b'"success"}'
_PIECE = 4096
_PATIENCE_S = 60.0


def _request(path: str, number: int) -> bytes:
    result = {
        "code": "0",
        "desc": "성공",
        "dest": "LGU",
        "request_date": "2026-11-28 13:52:40.000",
        "done_date": "2026-11-28 13:52:44.390",
        "msg_key": _KEY.format(number),
        "echo_to_webhook": "",
        "message_type": "MMS",
    }
    body = json.dumps({"results": [result]}, ensure_ascii=False).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class Connection:
    """One connection, with one post under way at most."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = self._socket.fileno()
        self._came = b""
        self.due_s = 0.0

    def post(self, request: bytes, due_s: float) -> None:
        """Send a post."""
        self.due_s = due_s
        self._socket.sendall(request)

    def read(self) -> bool | None:
        """Return whether the post was taken; None: its answer is not whole yet."""
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise ConnectionError("the server ended a connection")
        came = self._came + piece if self._came else piece
        is_taken = came.startswith(_BEGIN)
        if is_taken and not came.endswith(_END):
            self._came = came
            return None
        # What is not a success is noted at its first bytes.
        self._came = b""
        return is_taken


class Run:
    """What is to be posted, and what came of it."""

    def __init__(self, requests: list[bytes], connections: list[Connection], rate: float) -> None:
        self._requests = deque(requests)
        self._count = len(requests)
        self._rate = rate
        self._by_number = {connection.number: connection for connection in connections}
        self._free = deque(connections)
        self._posted = 0
        self.began_s = 0.0
        """On the clock that all processes of a machine share."""
        self.answered_s: list[float] = []
        self.took_ms: list[float] = []
        self.refused = 0

    def go(self) -> None:
        """Post all."""
        with select.epoll() as epoll:
            for number in self._by_number:
                epoll.register(number, select.EPOLLIN)
            self.began_s = time.monotonic()
            self._post()
            while len(self.answered_s) < self._count:
                for number, _ in epoll.poll(self._wait_s()):
                    self._read(self._by_number[number])
                    self._post()
                self._post()

    def _read(self, connection: Connection) -> None:
        is_taken = connection.read()
        if is_taken is None:
            return
        now_s = time.monotonic()
        self.answered_s.append(now_s)
        self.took_ms.append((now_s - connection.due_s) * 1000)
        self.refused += not is_taken
        self._free.append(connection)

    # What is due leaves as soon as a connection is free; without a rate all is due at once.
    def _post(self) -> None:
        now_s = time.monotonic()
        while self._free and self._posted < self._count:
            due_s = self._due_s() if self._rate else now_s
            if due_s > now_s:
                return
            self._posted += 1
            self._free.popleft().post(self._requests.popleft(), due_s)

    def _due_s(self) -> float:
        return self.began_s + self._posted / self._rate

    def _wait_s(self) -> float:
        if not self._rate or not self._free or self._posted == self._count:
            return _PATIENCE_S
        return max(0.0, self._due_s() - time.monotonic())


def _share(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main(port: int, path: str, count: int, connections: int, rate: float) -> None:
    """Post, and print what came of it."""
    requests = [_request(path, number) for number in range(count)]
    run = Run(requests, [Connection(port) for _ in range(connections)], rate)
    run.go()
    low, high = int(0.05 * count), int(0.95 * count)
    took = sorted(run.took_ms)
    found = {
        "per_s": (high - low) / (run.answered_s[high] - run.answered_s[low]),
        "p50_ms": _share(took, 0.5),
        "p99_ms": _share(took, 0.99),
        "refused": run.refused,
        "began_s": run.began_s,
        "ended_s": run.answered_s[-1],
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    port, path, count, connections, rate = sys.argv[1:]
    main(int(port), path, int(count), int(connections), float(rate))
