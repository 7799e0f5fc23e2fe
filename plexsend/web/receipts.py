"""The part that takes receipts, `POST /receipts/<account>/<secret>`, and refusals (see suppressions).

For any ASGI server: `plexsend.web.receipts:app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import Problem, SettingsError
from plexsend.gateway.receipt_codes import GATEWAY_ADDRESSES
from plexsend.logs import get_logger
from plexsend.web.answers import taken, unavailable
from plexsend.web.app import App
from plexsend.web.lag import LagWatch
from plexsend.web.paths import Paths
from plexsend.web.posting import Posting
from plexsend.web.posts import read_post
from plexsend.web.refusal_writer import RefusalWriter
from plexsend.web.suppressions import SuppressionPosts
from plexsend.web.writer import NotWritten, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from falcon.asgi import Response

    from plexsend.web.parts import Parts

_log = get_logger("web.receipts")


def routes(parts: Parts) -> Mapping[str, object]:
    """Return the paths to which receipts and refusals are posted. Raises SettingsError where no account has a secret."""
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
    refusals = RefusalWriter(parts.store, settings.number_key)
    parts.stops.append(refusals.stop)
    paths = Paths(settings.receipt_secrets)
    return {
        "/receipts/{account}/{secret}": Receipts(parts, paths, writer),
        "/suppressions/{account}/{secret}": SuppressionPosts(parts, paths, refusals),
    }


class Receipts(Posting):
    """Takes posts of receipts."""

    def __init__(self, parts: Parts, paths: Paths, writer: Writer) -> None:
        super().__init__(parts, paths)
        self._writer = writer

    # What cannot be read is answered as taken: it would not be read any better the next nine times.
    async def take(self, accounts: tuple[str, ...], body: bytes, resp: Response) -> None:
        """Settle what a post says, and answer once Redis has it."""
        post = read_post(body)
        try:
            await self._writer.write(accounts, post.receipts, post.unread)
        except NotWritten:
            unavailable(resp)
        else:
            taken(resp)


app = App("receipts")
"""For any ASGI server."""
