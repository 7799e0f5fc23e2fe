"""The part that takes receipts: `POST /receipts/<account>/<secret>`.

For any ASGI server: `plexsend.web.receipts:app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import Problem, SettingsError
from plexsend.gateway.receipt_codes import GATEWAY_ADDRESSES
from plexsend.logs import get_logger
from plexsend.outbox.refusals import RefusedBecause
from plexsend.web.answers import forbidden, not_found, taken, too_long, too_slow, unavailable
from plexsend.web.app import App
from plexsend.web.guards import Bodies, Callers, NotWhole, TooLong, TooSlow
from plexsend.web.lag import LagWatch
from plexsend.web.paths import Paths
from plexsend.web.posts import read_post
from plexsend.web.writer import NotWritten, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from falcon.asgi import Request, Response

    from plexsend.web.parts import Parts

_log = get_logger("web.receipts")


def routes(parts: Parts) -> Mapping[str, object]:
    """Return the path to which receipts are posted. Raises SettingsError where no account has a secret."""
    settings = parts.settings
    if not settings.receipt_secrets:
        raise SettingsError(
            [
                Problem(
                    "PLEXSEND_RECEIPT_SECRET_<NAME>",
                    "is not set for any account, so nobody could post a receipt",
                    "Set it, such as PLEXSEND_RECEIPT_SECRET_MAIN. This makes one: "
                    "python -c 'import secrets; print(secrets.token_urlsafe(24))'",
                )
            ]
        )
    if settings.receipt_allow is None:
        _log.warning(
            "receipts are taken from every address",
            remedy=f"set PLEXSEND_RECEIPT_ALLOW={','.join(GATEWAY_ADDRESSES)}",
        )
    lag = LagWatch(parts.store, parts.instruments)
    writer = Writer(parts.store, take=lag.take)
    writer.taken = parts.pulse.counts
    parts.starts.append(lag.start)
    parts.stops.append(lag.stop)
    parts.starts.append(writer.start)
    parts.stops.append(writer.stop)
    parts.alive.append(lambda: writer.lives)
    parts.alive.append(lambda: lag.lives)
    parts.accounts = lambda: settings.receipt_secrets
    return {"/receipts/{account}/{secret}": Receipts(parts, Paths(settings.receipt_secrets), writer)}


class Receipts:
    """Takes posts. What is refused changes nothing, and says nothing of why beyond its status."""

    def __init__(self, parts: Parts, paths: Paths, writer: Writer) -> None:
        self._callers = Callers(parts.settings.receipt_allow, parts.settings.trusted_proxies)
        self._bodies = Bodies()
        self._refused = parts.refused
        self._pulse = parts.pulse
        self._paths = paths
        self._writer = writer

    async def on_post(self, req: Request, resp: Response, account: str, secret: str) -> None:
        """Take a post, and answer once Redis has it."""
        if not self._callers.may_post(req.scope):
            self._refused.note(RefusedBecause.ADDRESS)
            forbidden(resp)
            return
        accounts = self._paths.find(account, secret)
        if not accounts:
            self._refused.note(RefusedBecause.PATH)
            not_found(resp)
            return
        try:
            body = await self._bodies.read(req)
        except TooLong:
            self._refused.note(RefusedBecause.TOO_LONG)
            too_long(resp)
        except TooSlow:
            self._refused.note(RefusedBecause.TOO_SLOW)
            too_slow(resp)
        except NotWhole:
            # Nobody is there to read an answer.
            self._refused.note(RefusedBecause.NOT_WHOLE)
            too_slow(resp)
        else:
            await self._take(accounts, body, resp)

    async def on_request(self, req: Request, resp: Response, account: str, secret: str) -> None:
        """Answer every other method as a path that is not there."""
        del req, account, secret
        self._refused.note(RefusedBecause.PATH)
        not_found(resp)

    # Without it falcon would answer which methods this path takes.
    on_options = on_request

    # What cannot be read is answered as taken: it would not be read any better the next nine times.
    async def _take(self, accounts: tuple[str, ...], body: bytes, resp: Response) -> None:
        if not self._pulse.is_fit:
            unavailable(resp)
            return
        post = read_post(body)
        try:
            await self._writer.write(accounts, post.receipts, post.unread)
        except NotWritten:
            unavailable(resp)
        else:
            taken(resp)


app = App("receipts")
"""For any ASGI server."""
