"""One connection through a lying wire: commands one way, replies the other, each in its order."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.chaos.listener import reset
from tests.chaos.proxy_resp import NotRedis, find_reply_end, is_error, is_push, read_command
from tests.chaos.proxy_rules import Bell, Fate, Rules, Talk

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE_BYTES = 1 << 18


@dataclass
class Line:
    """What all connections share: what stands, and whether anything gets through."""

    ring_later: Callable[[Bell], None]
    rules: Rules = field(default_factory=Rules)
    delay_ms: float = 0.0
    through: asyncio.Event = field(default_factory=asyncio.Event)
    """Set unless there is a blackhole."""


class Wire:
    """One connection of a client, and the one to the server that it stands for."""

    def __init__(
        self,
        line: Line,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._line = line
        self._client_reader, self._client = client
        self._server_reader, self._server = server
        self._talk = Talk()
        self._awaited: deque[str | None] = deque()
        """For each command under way: the script whose reply may have to be lost."""

    async def run(self) -> None:
        """Carry bytes until one side ends; then the other is ended the same way."""
        pumps = [asyncio.create_task(self._carry_commands()), asyncio.create_task(self._carry_replies())]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            ends = await asyncio.gather(*pumps, return_exceptions=True)
            self._server.close()
            for end in ends:
                if isinstance(end, OSError | NotRedis):
                    self.cut()
                elif isinstance(end, Exception):
                    raise end

    def cut(self) -> None:
        """Reset the client; the server sees an orderly end after what it was sent."""
        reset(self._client)

    async def _carry_commands(self) -> None:
        data = bytearray()
        while piece := await self._client_reader.read(_PIECE_BYTES):
            data += piece
            going, at, goes_on = bytearray(), 0, True
            while goes_on and (found := read_command(data, at)):
                parts, end = found
                ruling = self._line.rules.judge(parts, self._talk)
                goes_on = ruling.fate is Fate.FORWARD
                if goes_on:
                    going += data[at:end] if ruling.instead is None else ruling.instead
                    self._awaited.append(ruling.sha)
                if ruling.later is not None:
                    self._line.ring_later(ruling.later)
                at = end
            del data[:at]
            await self._pass_on(self._server, going)
            if not goes_on:
                self.cut()
                return

    async def _carry_replies(self) -> None:
        data = bytearray()
        while piece := await self._server_reader.read(_PIECE_BYTES):
            data += piece
            at, lost = self._pass_replies(data)
            if self._line.delay_ms:
                self._line.rules.done["replies_delayed"] += 1
                await asyncio.sleep(self._line.delay_ms / 1000)
            await self._pass_on(self._client, data[:at])
            del data[:at]
            if lost:
                self.cut()
                return

    # How much of the data the client may have, and whether what follows is lost to it.
    def _pass_replies(self, data: bytearray) -> tuple[int, bool]:
        at = 0
        while at < len(data) and (end := find_reply_end(data, at)) is not None:
            if not is_push(data, at):
                sha = self._awaited.popleft() if self._awaited else None
                if sha is not None and not is_error(data, at) and self._line.rules.take_reply(sha):
                    return at, True
            at = end
        return at, False

    async def _pass_on(self, writer: asyncio.StreamWriter, data: bytes | bytearray) -> None:
        if not data:
            return
        if not self._line.through.is_set():
            self._line.rules.done["held"] += 1
            await self._line.through.wait()
        writer.write(data)
        await writer.drain()
