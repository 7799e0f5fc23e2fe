"""What posts are answered, whether falcon stands between or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from falcon.asgi import Response

_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"


class Answer:
    """One answer, made once and given to many.

    Args:
        status: HTTP's.
        kind: The content type.
        body: All of it.
        headers: One more.
    """

    def __init__(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self._status = status
        self._kind = kind
        self.body = body
        """All of it."""
        self._headers = headers
        named = {"content-type": kind, **headers, "content-length": str(len(body))}
        self._raw = [(name.encode(), value.encode()) for name, value in named.items()]

    def put(self, resp: Response) -> None:
        """Let falcon answer so."""
        resp.status = self._status
        resp.content_type = self._kind
        resp.data = self.body
        for name, value in self._headers.items():
            resp.set_header(name, value)

    async def send(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Answer so by ASGI."""
        # A list of its own: what stands between this and the server may add to it.
        await send({"type": "http.response.start", "status": self._status, "headers": [*self._raw]})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(status: int, body: bytes) -> Answer:
    """Return an answer of JSON that is made for one post."""
    return Answer(status, _JSON, body)


# What is refused may not have been read, and is not: the connection ends.
def _refusal(status: int, words: bytes) -> Answer:
    return Answer(status, _TEXT, words, connection="close")


TAKEN = Answer(200, _JSON, b'{"code": "100", "desc": "success"}')
"""A post is in Redis. What the gateway takes for an answer: anything else makes it come again."""
NOT_FOUND = _refusal(404, b"not found\n")
"""Alike whether a path is wrong, its account or its secret."""
FORBIDDEN = _refusal(403, b"forbidden\n")
"""The address is not on the list."""
TOO_LONG = _refusal(413, b"too long\n")
"""No more of the post is read."""
TOO_SLOW = _refusal(408, b"too slow\n")
"""The post did not come in time."""
UNAVAILABLE = Answer(503, _TEXT, b"try again\n", **{"retry-after": "5"})
"""A post may not be in Redis: it must come again."""
