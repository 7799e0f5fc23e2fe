"""A wire to a server that can be cut, and whose replication can lag."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine

_CHUNK_BYTES = 65_536


class Relay:
    """Passes bytes on to a port of this machine, from a port of its own, in a thread of its own."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self.port = 0
        self.lag_s = 0.0
        """How late what the server says to its replicas comes to them."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._open = asyncio.Event()
        self._links: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Let nothing through any more; connections stay as they are, and new ones are not answered."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def mend(self) -> None:
        """Let everything through again, what was held back too."""
        self._loop.call_soon_threadsafe(self._open.set)

    def _call(self, work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._open.set()
        self._server = await asyncio.start_server(self._link, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        link.add_done_callback(self._links.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._open.wait()
            try:
                target_reader, target = await asyncio.open_connection("127.0.0.1", self._target_port)
            except OSError:
                writer.close()
                return
            replication = asyncio.Event()
            ways = (
                self._up(reader, target, replication),
                self._down(target_reader, writer, replication),
            )
            tasks = [asyncio.ensure_future(way) for way in ways]
            try:
                # Where one side ends, the other hears of it: a killed server must not look like a silent one.
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                await self._open.wait()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                target.close()
                writer.close()

    async def _up(
        self, reader: asyncio.StreamReader, target: asyncio.StreamWriter, replication: asyncio.Event
    ) -> None:
        while piece := await reader.read(_CHUNK_BYTES):
            if b"PSYNC" in piece:
                replication.set()
            await self._open.wait()
            target.write(piece)
            await target.drain()

    async def _down(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, replication: asyncio.Event
    ) -> None:
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        late = asyncio.ensure_future(self._write_late(held, writer))
        try:
            while piece := await reader.read(_CHUNK_BYTES):
                if replication.is_set():
                    held.put_nowait((self._loop.time() + self.lag_s, piece))
                    continue
                await self._open.wait()
                writer.write(piece)
                await writer.drain()
        finally:
            late.cancel()

    async def _write_late(
        self, held: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            at, piece = await held.get()
            await asyncio.sleep(max(0.0, at - self._loop.time()))
            await self._open.wait()
            writer.write(piece)
            await writer.drain()
