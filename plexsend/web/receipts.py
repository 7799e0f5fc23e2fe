"""The part that takes receipts: `POST /receipts/<account>/<secret>`.

For any ASGI server: `plexsend.web.receipts:app`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import Problem, SettingsError
from plexsend.gateway.receipt_codes import GATEWAY_ADDRESSES
from plexsend.logs import get_logger
from plexsend.web.app import App
from plexsend.web.lag import LagWatch
from plexsend.web.paths import Paths
from plexsend.web.postbox import Postbox
from plexsend.web.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    parts.ahead = Postbox(parts, Paths(settings.receipt_secrets), writer).answer
    # None of falcon's: what is not a post of receipts is, below the same path too, not there.
    return {}


app = App("receipts")
"""For any ASGI server."""
