"""Takes posts under an account's secret, such as `POST /receipts/<account>/<secret>`, by ASGI itself.

Of all requests those of receipts come thousands of times a second, and falcon cost as much as all the rest
of a post. Every other path and method is falcon's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from plexsend.outbox.refusals import RefusedBecause
from plexsend.web.answers import FORBIDDEN, NOT_FOUND, TOO_LONG, TOO_SLOW, UNAVAILABLE
from plexsend.web.guards import Bodies, Callers, NotWhole, TooLong, TooSlow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from plexsend.web.answers import Answer
    from plexsend.web.parts import Parts
    from plexsend.web.paths import Paths

    Take: TypeAlias = Callable[[tuple[str, ...], bytes], Awaitable[Answer]]

_WORDS = 3

_UNREAD: Mapping[type[Exception], tuple[RefusedBecause, Answer]] = {
    TooLong: (RefusedBecause.TOO_LONG, TOO_LONG),
    TooSlow: (RefusedBecause.TOO_SLOW, TOO_SLOW),
    # Nobody is there to read an answer.
    NotWhole: (RefusedBecause.NOT_WHOLE, TOO_SLOW),
}


def words_of(path: str) -> tuple[str, str, str] | None:
    """Return what is posted, the account and the secret that a path names; None where it is not such a one.

    A slash at the end is easily copied along, and falcon, which has the other paths, overlooks more in front.
    """
    words = path.removesuffix("/").lstrip("/").split("/")
    return (words[0], words[1], words[2]) if len(words) == _WORDS else None


class Postbox:
    """Takes posts. What is refused changes nothing, and says nothing of why beyond its status.

    Args:
        parts: What the process shares.
        paths: The accounts and their secrets.
        takes: First word of a path → what takes its posts: given the account of the path with those that
            share its secret, and the body, it returns the answer once Redis has it.
    """

    def __init__(self, parts: Parts, paths: Paths, takes: Mapping[str, Take]) -> None:
        self._callers = Callers(parts.settings.receipt_allow, parts.settings.trusted_proxies)
        self._bodies = Bodies()
        self._refused = parts.refused
        self._pulse = parts.pulse
        self._paths = paths
        self._takes = takes

    def answer(
        self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Any]]
    ) -> Awaitable[Answer | None] | None:
        """Return what will answer a request, once Redis has it; None: it is not a post to one of its paths.

        That in turn returns None where nobody is there any more to be answered.
        """
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        words = words_of(scope["path"])
        take = self._takes.get(words[0]) if words else None
        return self._answer(take, words[1:], scope, receive) if take and words else None

    async def _answer(
        self,
        take: Take,
        named: tuple[str, str],
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
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
        if not self._pulse.is_fit:
            return UNAVAILABLE
        return await take(accounts, body)

    def _refuse(self, why: RefusedBecause, answer: Answer) -> Answer:
        self._refused.note(why)
        return answer
