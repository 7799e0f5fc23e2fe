"""How a record remembers who gets its message: the last digits of the number, and a keyed hash of it.

Both are in one field. As two they would take 4 bytes more, and with those the usual record needs the next
larger piece of Redis's memory: 16 bytes a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.settings import NumberKey

_DIGITS = 4
_DIGITS_BYTES = 2


def receiver_of(number: str, key: NumberKey | None) -> bytes:
    """Return what the record of a message to this number holds of it.

    Args:
        number: Its digits alone; empty where they are not known, and then nothing is held.
        key: Under which numbers are hashed; None: there is no hash, and the last digits are all.
    """
    if not number:
        return b""
    last = int(number[-_DIGITS:]).to_bytes(_DIGITS_BYTES, "big")
    return last if key is None else key.hash_of(number) + last


def last_digits(receiver: bytes | None) -> str:
    """Return the last four digits of the number; empty where the record holds none."""
    if not receiver or len(receiver) < _DIGITS_BYTES:
        return ""
    return f"{int.from_bytes(receiver[-_DIGITS_BYTES:], 'big'):0{_DIGITS}}"


def hash_in(receiver: bytes | None) -> bytes:
    """Return the keyed hash of the number; empty where the record holds none."""
    return (receiver or b"")[:-_DIGITS_BYTES]


def hashed_by(key: NumberKey | None) -> str:
    """Return what tells a key of hashes from another one, and does not show it; empty without one."""
    return "" if key is None else key.hash_of("suppressed").hex()
