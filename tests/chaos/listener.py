"""A listening socket that can refuse for a time and keep its port, and connections that can be reset."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# Large enough for the heads and lines that are read whole; bodies are read in pieces or by their length.
_LINE_BYTES = 1 << 20


class Listener:
    """Gives each connection to `serve` and closes it afterwards. What goes wrong in the socket ends there."""

    def __init__(self, port: int, serve: Serve) -> None:
        self._port = port
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._opening: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take connections from now on."""
        await self._listen(self._bind())

    async def refuse_for(self, seconds: float) -> None:
        """Refuse new connections from now on until the time is over; a new time replaces an old one."""
        if self._ending is not None:
            self._ending.cancel()
        if self._opening is not None:
            await self._opening
        if self._held is None:
            assert self._server is not None
            self._server.close()
            # A socket that is bound and does not listen refuses, and keeps the port from everyone else.
            self._held = self._bind()
        self._ending = asyncio.get_running_loop().call_later(seconds, self.end_refusing)

    def end_refusing(self) -> None:
        """Take connections again."""
        if self._held is not None:
            self._opening = asyncio.create_task(self._listen(self._held))
            self._held = None

    async def _listen(self, sock: socket.socket) -> None:
        self._server = await asyncio.start_server(self._take, sock=sock, limit=_LINE_BYTES, backlog=1024)

    def _bind(self) -> socket.socket:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self._port))
        return sock

    # asyncio's own tasks for connections complain when the process ends before they do.
    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._run(reader, writer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, EOFError, asyncio.LimitOverrunError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of an orderly end; what was written and not yet sent is gone."""
    sock = writer.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
