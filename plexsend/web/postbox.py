"""Takes posts of receipts: `POST /receipts/<account>/<secret>`, by ASGI itself.

Of all requests this one comes thousands of times a second, and falcon cost as much as all the rest of a post.
Every other path and method is falcon's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.outbox.refusals import RefusedBecause
from plexsend.web.answers import FORBIDDEN, NOT_FOUND, TAKEN, TOO_LONG, TOO_SLOW, UNAVAILABLE
from plexsend.web.guards import Bodies, Callers, NotWhole, TooLong, TooSlow
from plexsend.web.posts import read_post
from plexsend.web.writer import NotWritten

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from plexsend.web.answers import Answer
    from plexsend.web.parts import Parts
    from plexsend.web.paths import Paths
    from plexsend.web.writer import Writer

_FIRST, _WORDS = "receipts", 3

_UNREAD: Mapping[type[Exception], tuple[RefusedBecause, Answer]] = {
    TooLong: (RefusedBecause.TOO_LONG, TOO_LONG),
    TooSlow: (RefusedBecause.TOO_SLOW, TOO_SLOW),
    # Nobody is there to read an answer.
    NotWhole: (RefusedBecause.NOT_WHOLE, TOO_SLOW),
}


def account_and_secret(path: str) -> tuple[str, str] | None:
    """Return what a path names; None where it is not one of receipts.

    A slash at the end is easily copied along, and falcon, which has the other paths, overlooks more in front.
    """
    words = path.removesuffix("/").lstrip("/").split("/")
    if len(words) != _WORDS or words[0] != _FIRST:
        return None
    return words[1], words[2]


class Postbox:
    """Takes posts. What is refused changes nothing, and says nothing of why beyond its status."""

    def __init__(self, parts: Parts, paths: Paths, writer: Writer) -> None:
        self._callers = Callers(parts.settings.receipt_allow, parts.settings.trusted_proxies)
        self._bodies = Bodies()
        self._refused = parts.refused
        self._pulse = parts.pulse
        self._paths = paths
        self._writer = writer

    def answer(
        self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]]
    ) -> Awaitable[Answer | None] | None:
        """Return what will answer a request, once Redis has it; None: it is not a post of receipts.

        That in turn returns None where nobody is there any more to be answered.
        """
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        named = account_and_secret(scope["path"])
        return None if named is None else self._answer(named, scope, receive)

    async def _answer(
        self, named: tuple[str, str], scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]]
    ) -> Answer | None:
        # Before anything is answered: a connection that ends while its body comes in loses the answer.
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        if not self._callers.may_post(scope):
            return self._refuse(RefusedBecause.ADDRESS, FORBIDDEN)
        accounts = self._paths.find(*named)
        if not accounts:
            return self._refuse(RefusedBecause.PATH, NOT_FOUND)
        try:
            body = await self._bodies.read(scope, event, receive)
        except (TooLong, TooSlow, NotWhole) as exc:
            return self._refuse(*_UNREAD[type(exc)])
        return await self._take(accounts, body)

    def _refuse(self, why: RefusedBecause, answer: Answer) -> Answer:
        self._refused.note(why)
        return answer

    # What cannot be read is answered as taken: it would not be read any better the next nine times.
    async def _take(self, accounts: tuple[str, ...], body: bytes) -> Answer:
        if not self._pulse.is_fit:
            return UNAVAILABLE
        post = read_post(body)
        try:
            await self._writer.write(accounts, post.receipts, post.unread)
        except NotWritten:
            return UNAVAILABLE
        return TAKEN
