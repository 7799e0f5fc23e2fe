"""What stands before every path under an account's secret: caller, path, body. The rest is each path's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from plexsend.outbox.refusals import RefusedBecause
from plexsend.web.answers import forbidden, not_found, too_long, too_slow, unavailable
from plexsend.web.guards import Bodies, Callers, NotWhole, TooLong, TooSlow

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from plexsend.web.parts import Parts
    from plexsend.web.paths import Paths


class Posting(ABC):
    """Takes posts. What is refused changes nothing, and says nothing of why beyond its status."""

    def __init__(self, parts: Parts, paths: Paths) -> None:
        self._callers = Callers(parts.settings.receipt_allow, parts.settings.trusted_proxies)
        self._bodies = Bodies()
        self.refused = parts.refused
        self._pulse = parts.pulse
        self._paths = paths

    @abstractmethod
    async def take(self, accounts: tuple[str, ...], body: bytes, resp: Response) -> None:
        """Take a post of these accounts, that of the path and those that share its secret, and answer."""

    async def on_post(self, req: Request, resp: Response, account: str, secret: str) -> None:
        """Take a post, and answer once Redis has it."""
        if not self._callers.may_post(req.scope):
            self.refused.note(RefusedBecause.ADDRESS)
            forbidden(resp)
            return
        accounts = self._paths.find(account, secret)
        if not accounts:
            self.refused.note(RefusedBecause.PATH)
            not_found(resp)
            return
        try:
            body = await self._bodies.read(req)
        except TooLong:
            self.refused.note(RefusedBecause.TOO_LONG)
            too_long(resp)
        except TooSlow:
            self.refused.note(RefusedBecause.TOO_SLOW)
            too_slow(resp)
        except NotWhole:
            # Nobody is there to read an answer.
            self.refused.note(RefusedBecause.NOT_WHOLE)
            too_slow(resp)
        else:
            if self._pulse.is_fit:
                await self.take(accounts, body, resp)
            else:
                unavailable(resp)

    async def on_request(self, req: Request, resp: Response, account: str, secret: str) -> None:
        """Answer every other method as a path that is not there."""
        del req, account, secret
        self.refused.note(RefusedBecause.PATH)
        not_found(resp)

    # Without it falcon would answer which methods this path takes.
    on_options = on_request
