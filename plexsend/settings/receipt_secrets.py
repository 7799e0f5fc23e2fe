"""Secrets in the path of receipts: the gateway signs nothing, so who does not know the path cannot post."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from plexsend.settings.accounts import absolute, read_secret_file
from plexsend.settings.values import refusal, unquoted

_LEAST, _MOST = 16, 128
_FORM = re.compile(rf"[A-Za-z0-9_-]{{{_LEAST},{_MOST}}}")
_MOST_SECRETS = 8
"""More than two at once means that old ones are never taken out."""
_MAKE = "This makes one: python -c 'import secrets; print(secrets.token_urlsafe(24))'"
_REMEDY = f"Give {_LEAST} to {_MOST} of A-Z, a-z, 0-9, _ and -. {_MAKE}"


def receipt_secrets(name: str, text: str) -> tuple[str, ...]:
    """Read secrets: one, or several with commas or ends of lines between them while one takes over."""
    words = [word.strip() for word in re.split(r"[,\n]", text)]
    found = [unquoted(name, word) for word in words if word]
    if not found:
        raise refusal(name, "holds no secret", _REMEDY)
    if len(found) > _MOST_SECRETS:
        raise refusal(name, f"holds more than {_MOST_SECRETS} secrets", "Take out those that nobody uses.")
    for place, secret in enumerate(found, 1):
        if not _FORM.fullmatch(secret):
            which = "the secret" if len(found) == 1 else f"secret {place} of {len(found)}"
            raise refusal(name, f"{which} {_what_is_wrong(secret)}", _REMEDY)
    return tuple(dict.fromkeys(found))


def _what_is_wrong(secret: str) -> str:
    if len(secret) < _LEAST:
        return f"has {len(secret)} characters, fewer than {_LEAST}: it could be guessed"
    if len(secret) > _MOST:
        return f"has {len(secret)} characters, more than {_MOST}"
    return "has characters that a path would change"


@dataclass(frozen=True, slots=True)
class ReceiptSecrets:
    """The secrets of one account. Its repr does not show them; only `read` returns them."""

    account: str
    source: str
    """The variable that gives them, for messages to people."""
    _given: tuple[str, ...] | Path = field(repr=False)
    """The secrets, or the absolute path of the file that holds them."""

    def read(self) -> tuple[str, ...]:
        """Return the secrets; those in a file are read again. Raises `SettingsError` where that fails."""
        if isinstance(self._given, Path):
            return receipt_secrets(self.source, read_secret_file(self.source, self._given))
        return self._given

    def version(self) -> tuple[int, ...]:
        """Return what changes when the file is written anew; the same for ever where there is none."""
        if not isinstance(self._given, Path):
            return ()
        try:
            found = self._given.stat()
        except OSError:
            return (-1,)
        return found.st_mtime_ns, found.st_size, found.st_ino


def secrets_from_value(account: str, variable: str, text: str) -> ReceiptSecrets:
    """Return the secrets that the variable itself holds; raises `SettingsError` if one is wrong."""
    return ReceiptSecrets(account, variable, receipt_secrets(variable, text))


def secrets_from_file(account: str, variable: str, text: str) -> ReceiptSecrets:
    """Return the secrets in the file that the variable names; reads it once to be sure."""
    found = ReceiptSecrets(account, variable, absolute(variable, text))
    found.read()
    return found
