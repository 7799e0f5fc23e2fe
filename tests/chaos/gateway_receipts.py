"""The lying gateway's receipts: late, early, shuffled, doubled, some never; each again until it was taken.

CHAOS_RECEIPTS, an object in JSON, names for each user the URL to which its receipts go; without it none go.
The ledger beside the gateway's own has one line of JSON when receipts are decided on, and one for each try:

    {"at", "user", "owed": [[key, code], …]}
    {"at", "began", "user", "told": [[key, code], …], "try", "status": 0 where no answer came, "taken"}

`taken`: it was answered 200 with the code 100, so nothing of it may be lost.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.chaos.load import FALLBACK_AFTER_S
from tests.chaos.receipt_codes import codes_of, is_rcs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from urllib.parse import SplitResult

URLS = "CHAOS_RECEIPTS"
"""The variable with the URLs: their paths hold a secret."""
TRIES = 10
_POSTERS = 6
_ANSWER_S = 3.0
_AGAIN_S = (0.3, 0.5, 0.8, 1.3, 2.0, 3.0, 4.0, 4.0, 4.0)
_MISSING = 0.01
_DOUBLED = 0.06
_CHANGED = 0.04
"""Two receipts that say different things."""
_TOGETHER = 0.1
"""Requests whose receipts come in one post."""
_EARLY = 0.15
"""Requests some of whose receipts come before their answer."""
_EARLY_WAIT_S = 0.6
_SOON_S, _LATE_S, _LATE = 1.5, 4.0, 0.1
_AROUND_S = 0.4
"""Between a receipt and the moment that it is to meet: an answer, or a look for what is due."""
_UNDELIVERED = 0.7
"""Of requests whose receipts come when a fallback is due: how many say undelivered, the others delivered."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Post:
    """Some results that go in one request, and how often that was tried."""

    user: str
    told: Pairs
    tries: int = 0
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the first try was made."""


class Receipts:
    """Posts the receipts of what the gateway accepted.

    Args:
        urls: User → where its receipts go.
        ledger: Where each is written down.
        seed: Of what is missing, doubled, early.
    """

    def __init__(self, urls: Mapping[str, str], ledger: Path, seed: int = 13) -> None:
        self._urls = {user: urlsplit(url) for user, url in urls.items()}
        self._file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._dice = random.Random(seed)
        self._due: list[tuple[float, int, Post]] = []
        self._number = count()
        self._woken = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self._open = self._taken = self._given_up = self._unanswered = 0

    def start(self) -> None:
        """Post from now on."""
        self._running = [asyncio.create_task(self._go()) for _ in range(_POSTERS)]

    def owe(self, user: str, path: str, keys: Sequence[str], *, when_due: bool = False) -> list[Post]:
        """Decide on the receipts of what was accepted, and return those that go before the answer.

        `when_due`: those of RCS come just when a fallback is due that goes without one.
        """
        if user not in self._urls or not keys:
            return []
        if when_due and is_rcs(path):
            self._owe_when_due(user, path, keys)
            return []
        plan = [pairs for key in keys for pairs in self._plan(path, key)]
        if self._dice.random() < _TOGETHER:
            plan = [tuple(pair for pairs in plan for pair in pairs)] if plan else []
        if plan:
            self._write(user=user, owed=[pair for pairs in plan for pair in pairs])
        is_early = self._dice.random() < _EARLY
        early = []
        for pairs in plan:
            post = Post(user, pairs)
            if is_early and self._dice.random() < 0.5:
                early.append(post)
                self._put(post, 0.0)
            else:
                self._put(post, self._dice.uniform(0, _LATE_S if self._dice.random() < _LATE else _SOON_S))
        self._open += len(plan)
        return early

    def contradict(self, user: str, path: str, keys: Sequence[str]) -> list[Post]:
        """Say undelivered of RCS items that were refused; return what goes before the answer."""
        if user not in self._urls or not keys or not is_rcs(path):
            return []
        posts = [Post(user, ((key, self._draw(path, says="undelivered")),)) for key in keys]
        self._write(user=user, owed=[pair for post in posts for pair in post.told])
        self._open += len(posts)
        is_early = self._dice.random() < 0.5
        for post in posts:
            self._put(post, 0.0 if is_early else self._dice.uniform(0, _AROUND_S))
        return posts if is_early else []

    def stats(self) -> dict[str, int]:
        """Return how many posts are open, were taken, were given up; how many tries had no answer."""
        return {
            "open": self._open,
            "taken": self._taken,
            "given_up": self._given_up,
            "unanswered": self._unanswered,
        }

    @staticmethod
    async def wait_tried(posts: Iterable[Post]) -> None:
        """Return once these were tried, or a moment has passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_EARLY_WAIT_S):
                for post in posts:
                    await post.tried.wait()

    def close(self) -> None:
        """Post no more."""
        for task in self._running:
            task.cancel()
        os.close(self._file)

    def _owe_when_due(self, user: str, path: str, keys: Sequence[str]) -> None:
        says = "undelivered" if self._dice.random() < _UNDELIVERED else "delivered"
        pairs = [(key, self._draw(path, says=says)) for key in keys]
        self._write(user=user, owed=pairs)
        self._open += len(pairs)
        for pair in pairs:
            self._put(Post(user, (pair,)), FALLBACK_AFTER_S + self._dice.uniform(-_AROUND_S, 2 * _AROUND_S))

    # Each pair of these goes by itself, unless all of the request go together.
    def _plan(self, path: str, key: str) -> list[Pairs]:
        if self._dice.random() < _MISSING:
            return []
        code = self._draw(path)
        found: list[Pairs] = [((key, code),)]
        chance = self._dice.random()
        if chance < _DOUBLED:
            found.append(((key, code),))
        elif chance < _DOUBLED + _CHANGED:
            found.append(((key, self._draw(path)),))
        return found

    def _draw(self, path: str, *, says: str | None = None) -> str:
        codes = [each for each in codes_of(path) if says in (None, each.state)]
        return self._dice.choices(codes, [each.share for each in codes])[0].code

    def _put(self, post: Post, delay_s: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay_s, next(self._number), post))
        self._woken.set()

    async def _next(self) -> Post:
        while True:
            left = self._due[0][0] - time.monotonic() if self._due else 60.0
            if left <= 0:
                return heapq.heappop(self._due)[2]
            self._woken.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), left)

    async def _go(self) -> None:
        line = _Line()
        try:
            while True:
                await self._try(line, await self._next())
        finally:
            line.close()

    async def _try(self, line: _Line, post: Post) -> None:
        began = time.time()
        post.tries += 1
        try:
            async with asyncio.timeout(_ANSWER_S):
                status, body = await line.post(self._urls[post.user], post.told)
        except (OSError, EOFError, TimeoutError, ValueError):
            line.close()
            status, body = 0, b""
            self._unanswered += 1
        taken = status == 200 and _is_taken(body)
        self._write(
            began=began, user=post.user, told=post.told, **{"try": post.tries}, status=status, taken=taken
        )
        post.tried.set()
        if taken or post.tries == TRIES:
            self._open -= 1
            self._taken += taken
            self._given_up += not taken
        else:
            self._put(post, _AGAIN_S[post.tries - 1])

    def _write(self, **facts: object) -> None:
        os.write(self._file, json.dumps({"at": time.time(), **facts}).encode() + b"\n")


class _Line:
    """One connection that is kept, to one server."""

    def __init__(self) -> None:
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, url: SplitResult, told: Pairs) -> tuple[int, bytes]:
        """Post results and return the status and the body of the answer."""
        body = json.dumps({"results": [_result(key, code) for key, code in told]}).encode()
        if self._writer is None or self._reader is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection(url.hostname, url.port)
        self._writer.write(
            f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
        answer = await self._reader.readexactly(length)
        if "connection: close" in head:
            self.close()
        return status, answer

    def close(self) -> None:
        """Let it go; the next post makes a new one."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def _result(key: str, code: str) -> dict[str, str]:
    return {
        "code": code,
        "desc": "said by the gateway",
        "dest": "LGU",
        "done_date": time.strftime("%Y-%m-%d %H:%M:%S.000"),
        "msg_key": key,
        # What it says of the type is not to be believed.
        "message_type": "SMS",
    }


def _is_taken(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["code"] == "100")
    except (ValueError, TypeError, KeyError):
        return False
