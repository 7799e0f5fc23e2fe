"""The key under which receivers' numbers are hashed: they are known again, and nobody reads them."""

from __future__ import annotations

import re
from hashlib import blake2b

from plexsend.settings.values import refusal

HASH_BYTES = 8
"""Any two of all mobile numbers (about 2^27) share a hash with a chance below one in a thousand."""

# A key that can be guessed hides nothing: there are few enough numbers to try them all. blake2b takes at most
# 64 bytes.
_FORM = re.compile(r"[!-~]{32,64}")
MAKE_KEY = "This makes one: python -c 'import secrets; print(secrets.token_hex(32))'"
"""What to type where nobody has one yet."""
_REMEDY = f"Give 32 to 64 printable ASCII characters without spaces, the same ones everywhere. {MAKE_KEY}"


class NumberKey:
    """A secret key for hashes of telephone numbers. Its repr does not show it.

    Args:
        text: The secret, as it is set.
    """

    __slots__ = ("_hasher", "secret")

    def __init__(self, text: str) -> None:
        self.secret = text.encode()
        """The key itself: for its fingerprint, and never for a log."""
        self._hasher = blake2b(key=self.secret, digest_size=HASH_BYTES)

    def __repr__(self) -> str:
        return "NumberKey(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NumberKey) and other.secret == self.secret

    def __hash__(self) -> int:
        return hash(self.secret)

    def hash_of(self, number: str) -> bytes:
        """Return the hash, 8 bytes, of a number that is written as its digits alone."""
        # A copy of what has the key already costs a third of a new one.
        hasher = self._hasher.copy()
        hasher.update(number.encode())
        return hasher.digest()


def number_key(name: str, text: str) -> NumberKey:
    """Read a key for hashes of numbers: 32 to 64 printable ASCII characters."""
    if not _FORM.fullmatch(text):
        raise refusal(name, "is not a key for hashes of numbers", _REMEDY)
    return NumberKey(text)
