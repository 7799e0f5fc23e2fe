"""Which account a path belongs to: secrets are compared in constant time, and read again when they change."""

from __future__ import annotations

import hmac
import secrets
import time
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from plexsend.errors import SettingsError
from plexsend.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plexsend.settings import ReceiptSecrets

_LOOK_S = 1.0
"""How often it is looked whether a file has changed."""
_BYTES = 16
_REMEMBERED = 64
"""Secrets whose digest is not made again."""


class Paths:
    """The accounts and their secrets, kept as digests under a key of this process.

    Args:
        given: The accounts' secrets, by account.
        clock: Returns seconds; for tests.
    """

    def __init__(
        self, given: Mapping[str, ReceiptSecrets], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._given = given
        self._clock = clock
        self._key = secrets.token_bytes(32)
        # The gateway posts with the same few.
        self._digest = lru_cache(maxsize=_REMEMBERED)(self._make_digest)
        self._log = get_logger("web.paths")
        self._versions: dict[str, tuple[int, ...]] = {}
        self._digests: dict[str, frozenset[bytes]] = {}
        self._padded: dict[str, tuple[bytes, ...]] = {}
        self._sharing: dict[bytes, tuple[str, ...]] = {}
        """Digest → the accounts that have its secret."""
        self._no_account: tuple[bytes, ...] = ()
        self._looked_s = float("-inf")
        for account, each in given.items():
            self._versions[account] = each.version()
            self._digests[account] = self._digest_all(each.read())
        self._pad()

    def find(self, account: str, secret: str) -> tuple[str, ...]:
        """Return the account of this path, and behind it the others that have the same secret; else nothing.

        It takes the same time for a secret that is wrong and for an account that is not there.
        """
        self._look()
        digest = self._digest(secret)
        is_right = False
        for known in self._padded.get(account, self._no_account):
            is_right |= hmac.compare_digest(known, digest)
        if not is_right:
            return ()
        sharing = self._sharing[digest]
        if sharing[0] == account:
            return sharing
        return (account, *(name for name in sharing if name != account))

    def _look(self) -> None:
        now_s = self._clock()
        if now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        changed = {
            account: version
            for account, each in self._given.items()
            if (version := each.version()) != self._versions[account]
        }
        for account, version in changed.items():
            self._versions[account] = version
            try:
                self._digests[account] = self._digest_all(self._given[account].read())
            except SettingsError as exc:
                # Those read before go on, so that a slip while it is rotated loses no receipt.
                problem = exc.problems[0]
                self._log.error("secret of receipts not read", account=account, words=str(problem))
            else:
                self._log.info("secret of receipts read again", account=account)
        if changed:
            self._pad()

    def _pad(self) -> None:
        most = max(map(len, self._digests.values()), default=0)
        blank = tuple(secrets.token_bytes(_BYTES) for _ in range(most))
        self._no_account = blank
        self._sharing = {
            digest: tuple(name for name, known in self._digests.items() if digest in known)
            for digest in frozenset().union(*self._digests.values())
        }
        self._padded = {name: (*known, *blank)[:most] for name, known in self._digests.items()}

    def _digest_all(self, words: tuple[str, ...]) -> frozenset[bytes]:
        return frozenset(map(self._digest, words))

    # Of equal length whatever the secret's is, and nothing that a caller could compute.
    def _make_digest(self, secret: str) -> bytes:
        return blake2b(secret.encode("utf-8", "replace"), key=self._key, digest_size=_BYTES).digest()
