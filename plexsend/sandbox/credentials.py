"""Who may send: users and their secret keys."""

from __future__ import annotations

import hmac
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Credentials:
    """Users and secrets; None lets in everyone with a well-formed header."""

    def __init__(self, secrets: Mapping[str, str] | None) -> None:
        self._lock = threading.Lock()
        self._secrets = None if secrets is None else dict(secrets)

    def __repr__(self) -> str:
        return "Credentials(***)"

    def set(self, account: str, secret: str | None) -> None:
        """Give an account a (new) secret, or take it away with None. From then on only known ones send."""
        # From outside it may be any JSON value: a number would be taken as its digits.
        texts = (account, "any" if secret is None else secret)
        if not all(isinstance(text, str) for text in texts) or parse(";".join(texts)) is None:
            raise ValueError("user and secret must be printable ASCII without blanks or semicolons")
        with self._lock:
            secrets = dict(self._secrets or {})
            if secret is None:
                secrets.pop(account, None)
            else:
                secrets[account] = secret
            self._secrets = secrets

    def list_accounts(self) -> list[str] | None:
        """Return the known accounts, without their secrets; None: everybody is let in."""
        secrets = self._secrets
        return None if secrets is None else sorted(secrets)

    def judge(self, header: str | None) -> str | None:
        """Return the code that an Authorization header is refused with, or None when it is good."""
        if not header:
            return "C401_1"
        parsed = parse(header)
        if parsed is None:
            return "C401_2"
        secrets = self._secrets
        if secrets is None:
            return None
        account, secret = parsed
        known = secrets.get(account)
        return None if known is not None and hmac.compare_digest(known, secret) else "C401_3"


def parse(header: str | None) -> tuple[str, str] | None:
    """Return user and secret of `userID;secret_key`, or None when it is malformed."""
    if header is None or not header.isascii() or not header.isprintable() or " " in header:
        return None
    account, _, secret = header.partition(";")
    return (account, secret) if account and secret and ";" not in secret else None


def parse_accounts(texts: Sequence[str]) -> dict[str, str] | None:
    """Return users and secrets of a command line; None when there are none. ValueError at a malformed one."""
    secrets: dict[str, str] = {}
    for number, text in enumerate(texts, start=1):
        parsed = parse(text)
        if parsed is None:
            raise ValueError(f"account {number} must be written userID;secret_key (quote it for the shell)")
        secrets[parsed[0]] = parsed[1]
    return secrets or None
