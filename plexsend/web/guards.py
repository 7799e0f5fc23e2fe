"""What stands before a post: whose address it comes from, how long it may be, and how long it may take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from plexsend.settings.networks import read_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from falcon.asgi import Request

    from plexsend.settings import Networks
    from plexsend.settings.networks import Address

MOST_BYTES = 64 * 1024
"""Of a post; a result takes about 250."""
SLOW_S = 10.0
"""For how long a post may come in."""


class TooLong(Exception):
    """The body has more bytes than a post may have. No more of it is read."""


class TooSlow(Exception):
    """The body did not come in time."""


class NotWhole(Exception):
    """The sender went away before the body was there."""


def caller(scope: Mapping[str, Any], trusted: Networks | None) -> Address | None:
    """Return the address that a request comes from; None where it is not known.

    What a proxy of ours adds to X-Forwarded-For is believed, and nothing else: it is read from its end, over
    the addresses of trusted proxies, up to the first other one. All before that could be made up.
    """
    client = scope.get("client")
    found = read_address(client[0]) if client else None
    if trusted is None or found is None or found not in trusted:
        return found
    header = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    for word in reversed(header.decode("latin-1").split(",")):
        if not word.strip():
            continue
        found = read_address(word.strip())
        if found is None or found not in trusted:
            return found
    return found


async def read_body(request: Request) -> bytes:
    """Return the body of a post. Raises TooLong, TooSlow or NotWhole."""
    # Without a body falcon gives None, and 0 is one too.
    length = request.content_length
    if length is not None and length > MOST_BYTES:
        raise TooLong
    try:
        async with asyncio.timeout(SLOW_S):
            body: bytes = await request.stream.read(MOST_BYTES + 1)
    except TimeoutError as exc:
        raise TooSlow from exc
    if len(body) > MOST_BYTES:
        raise TooLong
    if length is not None and len(body) < length:
        raise NotWhole
    return body
