"""What a script answers where another program put something else in place of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexsend.errors import KeySpoilt
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Sequence

SPOILT = b"spoilt key"
"""What such an answer begins with."""


def read_spoilt(reply: Sequence[Any]) -> list[str]:
    """Return the keys that the call put aside: the same call goes on without them.

    Raises KeySpoilt where it met a key that only a person can decide on, and no other.
    """
    _, left, is_settled, *aside = (text(value) for value in reply)
    if not aside:
        raise KeySpoilt(left, is_settled=is_settled == "1")
    return aside
