"""What posts are answered, whatever part answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import falcon

if TYPE_CHECKING:
    from falcon.asgi import Response

SUCCESS = b'{"code": "100", "desc": "success"}'
"""What the gateway takes for an answer: anything else makes it come again."""


def taken(resp: Response) -> None:
    """Answer that a post is in Redis."""
    resp.content_type = falcon.MEDIA_JSON
    resp.data = SUCCESS


def not_found(resp: Response) -> None:
    """Answer alike whether a path is wrong, its account or its secret."""
    _refuse(resp, falcon.HTTP_404, b"not found\n")


def forbidden(resp: Response) -> None:
    """Answer an address that is not on the list."""
    _refuse(resp, falcon.HTTP_403, b"forbidden\n")


def too_long(resp: Response) -> None:
    """Answer a post of which no more is read."""
    _refuse(resp, falcon.HTTP_413, b"too long\n")


def too_slow(resp: Response) -> None:
    """Answer a post that did not come in time."""
    _refuse(resp, falcon.HTTP_408, b"too slow\n")


def unavailable(resp: Response) -> None:
    """Answer a post that may not be in Redis: it must come again."""
    resp.status = falcon.HTTP_503
    resp.content_type = falcon.MEDIA_TEXT
    resp.data = b"try again\n"
    resp.set_header("retry-after", "5")


# The body may not have been read, and is not: the connection ends.
def _refuse(resp: Response, status: str, words: bytes) -> None:
    resp.status = status
    resp.content_type = falcon.MEDIA_TEXT
    resp.data = words
    resp.set_header("connection", "close")
