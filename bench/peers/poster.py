"""Posts receipts, one result each: `poster.py PORT PATH COUNT CONNECTIONS RATE`; RATE 0: as fast as it goes.

Prints one JSON object: posts a second between 5 and 95 %, and the time from when a post was due until it was
answered, in ms. A post that waits for a free connection counts from when it was due.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from typing import cast

import uvloop

_KEY = "7d9f0c1e-1c1b-4f6e-9a53-{:012d}"
_END = b'"success"}'
_TICK_S = 0.001


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


class Run:
    """What is to be posted, and what came of it."""

    def __init__(self, requests: list[bytes], rate: float) -> None:
        self._requests = deque(requests)
        self._count = len(requests)
        self._rate = rate
        self._free: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._planned = 0
        self._began_s = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answered_s: list[float] = []
        self.took_ms: list[float] = []
        self.refused = 0

    def start(self, connections: list[Connection]) -> None:
        """Begin to post."""
        self._began_s = time.monotonic()
        if self._rate:
            self._free.extend(connections)
            self._plan()
        else:
            for connection in connections:
                connection.post(self._requests.popleft(), self._began_s)

    def answered(self, connection: Connection, due_s: float, *, is_taken: bool) -> None:
        """Note an answer, and give the connection its next post."""
        now_s = time.monotonic()
        self.answered_s.append(now_s)
        self.took_ms.append((now_s - due_s) * 1000)
        self.refused += not is_taken
        if self._rate:
            if self._due:
                connection.post(self._requests.popleft(), self._due.popleft())
            else:
                self._free.append(connection)
        elif self._requests:
            connection.post(self._requests.popleft(), now_s)
        if len(self.answered_s) == self._count:
            self.done.set_result(None)

    def _plan(self) -> None:
        due = min(self._count, int((time.monotonic() - self._began_s) * self._rate))
        while self._planned < due:
            due_s = self._began_s + self._planned / self._rate
            self._planned += 1
            if self._free:
                self._free.popleft().post(self._requests.popleft(), due_s)
            else:
                self._due.append(due_s)
        if self._planned < self._count:
            asyncio.get_running_loop().call_later(_TICK_S, self._plan)


class Connection(asyncio.Protocol):
    """One connection, with one post under way at most."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._due_s = 0.0
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def post(self, request: bytes, due_s: float) -> None:
        """Send a post."""
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Note the answer once it is whole. What is not a success is noted at its first bytes."""
        self._came += data
        is_taken = self._came.startswith(b"HTTP/1.1 200 ")
        if self._came.endswith(_END) or not is_taken:
            self._came = b""
            self._run.answered(self, self._due_s, is_taken=is_taken)


def _share(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def main(port: int, path: str, count: int, connections: int, rate: float) -> None:
    """Post, and print what came of it."""
    run = Run([_request(path, number) for number in range(count)], rate)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", port) for _ in range(connections)
    ]
    run.start([connection for _, connection in made])
    await run.done
    low, high = int(0.05 * count), int(0.95 * count)
    took = sorted(run.took_ms)
    found = {
        "per_s": (high - low) / (run.answered_s[high] - run.answered_s[low]),
        "p50_ms": _share(took, 0.5),
        "p99_ms": _share(took, 0.99),
        "refused": run.refused,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    port, path, count, connections, rate = sys.argv[1:]
    uvloop.run(main(int(port), path, int(count), int(connections), float(rate)))
