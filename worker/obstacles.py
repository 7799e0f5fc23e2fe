"""What keeps a process from sending for an account: each is logged once, by whichever drain meets it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from plexsend.outbox.addresses import agreed_address

if TYPE_CHECKING:
    from plexsend.gateway.services import Product
    from plexsend.outbox.advance import Sender
    from plexsend.worker.runtime import Runtime


class Obstacles:
    """Those that the drains of a process meet in one account.

    Args:
        runtime: What the process has.
        account: The account.
        log: The logger of a drain.
    """

    def __init__(self, runtime: Runtime, account: str, log: Any) -> None:
        self._runtime = runtime
        self._account = account
        self._log = log

    def no_secret(self, reason: str) -> None:
        """Log that the process has no secret for the account."""
        self._once("no_secret", "this process cannot send for an account", reason=reason)

    def other_address(self, product: Product, sender: Sender) -> None:
        """Log that the process has another address of the gateway than the account."""
        self._once(
            f"address of {sender.product}",
            "gateway's address of this process is not the account's, it does not send",
            host=socket.gethostname(),
            its_address=sender.url,
            address=agreed_address(self._runtime.store, self._account, sender.product),
            remedy=f"correct PLEXSEND_{product.setting}_URL here, or "
            f"plexsend policy set @{self._account} gateway_url.{sender.product}=URL --reason R",
        )

    def spoilt_key(self, key: str) -> None:
        """Log that another program put something else in place of a key that cannot be made anew."""
        self._once(
            f"key {key}",
            "a key holds something else, another program wrote it, nothing is sent",
            key=key,
            remedy="rename that key in Redis, or restore it from a backup",
        )

    def _once(self, what: str, event: str, **fields: str) -> None:
        if (self._account, what) not in self._runtime.declined:
            self._runtime.declined.add((self._account, what))
            self._log.error(event, account=self._account, **fields)
