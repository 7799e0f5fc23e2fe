"""What stands before a post: whose address it comes from, how long it may be, and how long it may take."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from plexsend.settings.networks import read_address

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from plexsend.settings import Networks
    from plexsend.settings.networks import Address

MOST_BYTES = 64 * 1024
"""Of a post; a result takes about 250."""
SLOW_S = 10.0
"""For how long a post may come in."""
_LOOK_S = 1.0


class TooLong(Exception):
    """The body has more bytes than a post may have. No more of it is read."""


class TooSlow(Exception):
    """The body did not come in time."""


class NotWhole(Exception):
    """The sender went away before the body was there."""


class Callers:
    """Who may post, by the address that a request comes from.

    Args:
        allow: The addresses that may; None: every one.
        trusted: Those of our own proxies.
    """

    def __init__(self, allow: Networks | None, trusted: Networks | None) -> None:
        self._allow = allow
        self._trusted = trusted
        # The gateway has two, so looking each up once is enough.
        self._may = lru_cache(maxsize=1024)(self._may_post)

    def may_post(self, scope: Mapping[str, Any]) -> bool:
        """Return whether a request may post."""
        if self._allow is None:
            return True
        client = scope.get("client")
        if not client:
            return False
        if self._trusted is None:
            return self._may(client[0])
        return self._is_allowed(caller(scope, self._trusted))

    def _may_post(self, peer: str) -> bool:
        return self._is_allowed(read_address(peer))

    def _is_allowed(self, address: Address | None) -> bool:
        return address is not None and self._allow is not None and address in self._allow


def caller(scope: Mapping[str, Any], trusted: Networks) -> Address | None:
    """Return the address that a request comes from; None where it is not known.

    What a proxy of ours adds to X-Forwarded-For is believed, and nothing else: it is read from its end, over
    the addresses of trusted proxies, up to the first other one. All before that could be made up.
    """
    client = scope.get("client")
    found = read_address(client[0]) if client else None
    if found is None or found not in trusted:
        return found
    header = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    for word in reversed(header.decode("latin-1").split(",")):
        if not word.strip():
            continue
        found = read_address(word.strip())
        if found is None or found not in trusted:
            return found
    return found


class Bodies:
    """Reads the bodies of posts. One timer ends all that are slow: one each cost more than to parse a post.

    A body that is there already, as nearly all are, needs none.

    Args:
        slow_s: For how long a body may come in.
    """

    def __init__(self, slow_s: float = SLOW_S) -> None:
        self._slow_s = slow_s
        # In the order in which they began.
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._ended: set[asyncio.Task[Any]] = set()
        self._has_timer = False

    async def read(
        self, scope: Mapping[str, Any], first: Mapping[str, Any], receive: Callable[[], Awaitable[Any]]
    ) -> bytes:
        """Return the body of a post, whose first event is there. Raises TooLong, TooSlow or NotWhole."""
        length = _length(scope)
        body: bytes = first.get("body", b"")
        if max(length or 0, len(body)) > MOST_BYTES:
            raise TooLong
        if first.get("more_body", False) and (length is None or len(body) < length):
            body = await self._in_time(body, length, receive)
        if length is not None and len(body) < length:
            raise NotWhole
        return body

    async def _in_time(
        self, first: bytes, length: int | None, receive: Callable[[], Awaitable[Any]]
    ) -> bytes:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a request is answered by a task
        loop = task.get_loop()
        self._reading[task] = loop.time()
        if not self._has_timer:
            self._has_timer = True
            loop.call_later(min(_LOOK_S, self._slow_s), self._look, loop)
        try:
            return await _rest(first, length, receive)
        except asyncio.CancelledError:
            if task not in self._ended:
                raise
            task.uncancel()
            raise TooSlow from None
        finally:
            self._reading.pop(task, None)
            self._ended.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        before_s = loop.time() - self._slow_s
        for task in [task for task, since_s in self._reading.items() if since_s <= before_s]:
            self._ended.add(task)
            del self._reading[task]
            task.cancel()
        self._has_timer = bool(self._reading)
        if self._has_timer:
            loop.call_later(min(_LOOK_S, self._slow_s), self._look, loop)


# A server lets no other text through; the bound holds whatever it says.
def _length(scope: Mapping[str, Any]) -> int | None:
    text: bytes = dict(scope["headers"]).get(b"content-length", b"")
    return int(text) if text.isdigit() else None


async def _rest(first: bytes, length: int | None, receive: Callable[[], Awaitable[Any]]) -> bytes:
    """Read what is still to come, no further than the bound."""
    body = bytearray(first)
    is_open = True
    while is_open and (length is None or len(body) < length):
        event = await receive()
        if event["type"] == "http.disconnect":
            raise NotWhole
        body += event.get("body", b"")
        if len(body) > MOST_BYTES:
            raise TooLong
        is_open = event.get("more_body", False)
    return bytes(body)
