"""The bench's gateway: a process that answers C100 for every key it sees, as cheaply as Python can.

Run as a script in an environment of its own, `standin.py PORT [DELAY_MS] [KEEP_KEYS]`: it imports nothing of
plexsend, and uses uvloop where that is installed. It checks nothing, so it is not a test double, as
plexsend.sandbox is. It keeps one entry for each request, on the system's monotonic clock.

GET /stats answers totals, GET /arrivals every request, GET /keys when each message arrived (with KEEP_KEYS),
POST /reset forgets all of it and sets a new delay.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from array import array
from collections import Counter
from typing import cast

_KEY = re.compile(rb'"msg_key":\s?"([^"]*)"')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: %d\r\n\r\n"
_RESULT = b'{"code":"C100","desc":"Success","msg_key":"%s"}'
_END_OF_HEAD = b"\r\n\r\n"


class Arrivals:
    """What has come so far."""

    def __init__(self, *, keep_keys: bool) -> None:
        self.keep_keys = keep_keys
        self.delay_s = 0.0
        self.forget()

    def forget(self) -> None:
        """Begin again from nothing."""
        self.at_s = array("d")
        self.messages = array("H")
        self.total = 0
        self.keys: list[tuple[float, list[bytes]]] = []

    def note(self, keys: list[bytes]) -> None:
        """Count one request."""
        now_s = time.monotonic()
        self.at_s.append(now_s)
        self.messages.append(len(keys))
        self.total += len(keys)
        if self.keep_keys:
            self.keys.append((now_s, keys))

    def answer(self, path: bytes) -> object:
        """Return what is asked for, as a value of JSON."""
        if path == b"/stats":
            by_second: Counter[int] = Counter()
            for at_s, count in zip(self.at_s, self.messages, strict=True):
                by_second[int(at_s)] += count
            return {
                "requests": len(self.at_s),
                "messages": self.total,
                "cpu_s": time.process_time(),
                "by_second": dict(sorted(by_second.items())),
            }
        if path == b"/total":
            return self.total
        if path == b"/arrivals":
            return [list(self.at_s), list(self.messages)]
        if path == b"/keys":
            return [(key.decode(), at_s) for at_s, keys in self.keys for key in keys]
        return None


class Connection(asyncio.Protocol):
    """One sender's connection: whole requests in, one answer for each."""

    def __init__(self, arrivals: Arrivals, loop: asyncio.AbstractEventLoop) -> None:
        self._arrivals = arrivals
        self._loop = loop
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports are not of an asyncio class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole by now."""
        if self._held:
            data = self._held + data
        while True:
            head_ends = data.find(_END_OF_HEAD)
            if head_ends < 0:
                break
            length = _LENGTH.search(data, 0, head_ends)
            ends = head_ends + 4 + (int(length[1]) if length else 0)
            if len(data) < ends:
                break
            # A request for sending is never split by others: its path is not looked at.
            if data.startswith(b"POST") and not data.startswith(b"POST /reset"):
                self._accept(_KEY.findall(data, head_ends, ends))
            else:
                self._manage(data.split(b" ", 2)[1], data[head_ends + 4 : ends])
            data = data[ends:]
        self._held = data

    def _accept(self, keys: list[bytes]) -> None:
        self._arrivals.note(keys)
        body = b'{"results":[' + b",".join([_RESULT % key for key in keys]) + b"]}"
        answer = _HEAD % len(body) + body
        if self._arrivals.delay_s:
            self._loop.call_later(self._arrivals.delay_s, self._write, answer)
        else:
            self._write(answer)

    def _manage(self, path: bytes, body: bytes) -> None:
        if path == b"/reset":
            self._arrivals.forget()
            self._arrivals.delay_s = float(body) / 1000
        answer = json.dumps(self._arrivals.answer(path)).encode()
        self._write(_HEAD % len(answer) + answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


async def serve(port: int, arrivals: Arrivals) -> None:
    """Serve until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(arrivals, loop), "127.0.0.1", port, backlog=1024)
    print("ready", type(loop).__module__, flush=True)
    await server.serve_forever()


def main(arguments: list[str]) -> None:
    """Run the gateway on PORT."""
    port, delay_ms, keep_keys = [*arguments, "0", "0"][:3]
    arrivals = Arrivals(keep_keys=keep_keys == "1")
    arrivals.delay_s = float(delay_ms) / 1000
    try:
        import uvloop  # noqa: PLC0415  may be missing
    except ImportError:
        asyncio.run(serve(int(port), arrivals))
    else:
        uvloop.run(serve(int(port), arrivals))


if __name__ == "__main__":
    main(sys.argv[1:])
