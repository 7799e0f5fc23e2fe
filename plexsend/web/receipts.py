"""The part that takes receipts, `POST /receipts/<account>/<secret>`, and refusals (see suppressions).

For any ASGI server: `plexsend.web.receipts:app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import Problem, SettingsError
from plexsend.gateway.receipt_codes import GATEWAY_ADDRESSES
from plexsend.logs import get_logger
from plexsend.web.answers import TAKEN, UNAVAILABLE
from plexsend.web.app import App
from plexsend.web.lag import LagWatch
from plexsend.web.paths import Paths
from plexsend.web.postbox import Postbox
from plexsend.web.posts import read_post
from plexsend.web.refusal_writer import RefusalWriter
from plexsend.web.suppressions import RefusalPosts
from plexsend.web.writer import NotWritten, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.web.answers import Answer
    from plexsend.web.parts import Parts

_log = get_logger("web.receipts")


def routes(parts: Parts) -> Mapping[str, object]:
    """Put a postbox before all paths, and return none. Raises SettingsError where no account has a secret."""
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
    takes = {
        "receipts": ReceiptPosts(writer).take,
        "suppressions": RefusalPosts(parts.refused, refusals).take,
    }
    parts.ahead = Postbox(parts, Paths(settings.receipt_secrets), takes).answer
    # None of falcon's: what is not a post is, below the same path too, not there.
    return {}


class ReceiptPosts:
    """Takes posts of receipts."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    # What cannot be read is answered as taken: it would not be read any better the next nine times.
    async def take(self, accounts: tuple[str, ...], body: bytes) -> Answer:
        """Settle what a post says, and answer once Redis has it."""
        post = read_post(body)
        try:
            await self._writer.write(accounts, post.receipts, post.unread)
        except NotWritten:
            return UNAVAILABLE
        return TAKEN


app = App("receipts")
"""For any ASGI server."""
