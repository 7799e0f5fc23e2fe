"""The receipts that the stand-in for the gateway posts: when, to where, with which codes and times."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIES = 10
"""As the gateway: so often a receipt is posted until it is taken."""
_AGAIN_S = 1.0
_ANSWER_S = 5.0
_SENDERS = 4
_KOREA = ZoneInfo("Asia/Seoul")


@dataclass
class Receipts:
    """What is in force for receipts; names as in orders."""

    receipts_to: str = ""
    """Where they go; empty: none is posted, and none is owed."""
    receipts_after_s: float = 0.2
    receipts_code: str = "0"
    receipts_said_late_s: float = 0.0
    """How long ago the delivery was, as the receipt says."""


class Posting:
    """Owes receipts and posts them, those of one request together."""

    def __init__(self, orders: Receipts) -> None:
        self.orders = orders
        self._due: list[tuple[float, int, int, list[dict[str, str]]]] = []
        self._order = count()
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._taken = self._refused = self._given_up = 0

    def start(self) -> None:
        """Post from now on."""
        self._tasks = [asyncio.create_task(self._go()) for _ in range(_SENDERS)]

    def stats(self) -> dict[str, int]:
        """Return how many posts are open, were taken, were refused once, were given up."""
        return {
            "open": len(self._due),
            "taken": self._taken,
            "refused": self._refused,
            "given_up": self._given_up,
        }

    async def take(self, order: dict[str, Any]) -> None:
        """Take what is about receipts out of an order, and do it."""
        for name in Receipts.__dataclass_fields__:
            if name in order:
                setattr(self.orders, name, order.pop(name))
        for _ in range(order.pop("strangers", 0)):
            await self._post(self.orders.receipts_to, [self._result(f"stranger-{time.time_ns()}")])

    def owe(self, keys: Sequence[str]) -> None:
        """Post receipts of these messages some time from now."""
        if keys and self.orders.receipts_to:
            self._put(self.orders.receipts_after_s, 1, [self._result(key) for key in keys])

    def _result(self, key: str) -> dict[str, str]:
        done = datetime.now(_KOREA) - timedelta(seconds=self.orders.receipts_said_late_s)
        return {
            "code": self.orders.receipts_code,
            "desc": "said by the stand-in",
            "dest": "LGU",
            "done_date": f"{done:%Y-%m-%d %H:%M:%S}.000",
            "msg_key": key,
            "message_type": "MMS",
        }

    def _put(self, after_s: float, number: int, results: list[dict[str, str]]) -> None:
        heapq.heappush(self._due, (time.monotonic() + after_s, next(self._order), number, results))
        self._woken.set()

    async def _go(self) -> None:
        while True:
            wait_s = self._due[0][0] - time.monotonic() if self._due else 1.0
            if wait_s > 0:
                self._woken.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait_s)
                continue
            _, _, number, results = heapq.heappop(self._due)
            if await self._post(self.orders.receipts_to, results):
                self._taken += 1
            elif number < TRIES:
                self._refused += 1
                self._put(_AGAIN_S * number, number + 1, results)
            else:
                self._given_up += 1

    @staticmethod
    async def _post(url: str, results: Sequence[dict[str, str]]) -> bool:
        target = urlsplit(url)
        body = json.dumps({"results": results}).encode()
        try:
            async with asyncio.timeout(_ANSWER_S):
                reader, writer = await asyncio.open_connection(target.hostname, target.port)
                writer.write(
                    f"POST {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\nConnection: close\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                answer = await reader.read()
                writer.close()
        except (OSError, EOFError, TimeoutError):
            return False
        return answer.startswith(b"HTTP/1.1 200") and b'"100"' in answer
