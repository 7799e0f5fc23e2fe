"""Answers leave in one piece.

uvicorn writes head and body apart, and uvloop makes a call and a packet of each: a tenth of what a post cost
the server, and the other side woke twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
"""Comes before an answer, and must not wait for it."""


class OnePiece(asyncio.Transport):
    """What one answer is written to: its head is kept until some of its body, or its end, is there.

    Args:
        transport: Where the connection writes to.
        on_response: What uvicorn calls once the answer is complete.
    """

    __slots__ = ("_head", "_is_begun", "_on_response", "_transport")

    def __init__(self, transport: asyncio.Transport, on_response: Callable[[], None]) -> None:
        self._transport = transport
        self._on_response = on_response
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep the head, or send what there is."""
        if self._is_begun:
            self._transport.write(data)
        elif self._head:
            self._send(data)
        elif data == _CONTINUE:
            self._transport.write(data)
        else:
            self._head = bytes(data)

    def close(self) -> None:
        """Send what was kept, and end the connection."""
        self._send()
        self._transport.close()

    def is_closing(self) -> bool:
        """Return whether the connection ends."""
        return self._transport.is_closing()

    def complete(self) -> None:
        """Send what was kept: an answer without a body."""
        self._send()
        self._on_response()

    def _send(self, data: bytes | bytearray | memoryview = b"") -> None:
        if self._head:
            self._is_begun = True
            self._transport.write(b"".join((self._head, data)))
            self._head = b""
