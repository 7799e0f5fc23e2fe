"""A message's fallback: another message, which is sent once where the first reaches nobody.

It is kept beside its first, in no lane, until the script that decides of the first makes it or drops it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

from plexsend.gateway.codes import CODES, Meaning

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane

FALLBACK_MARK = "~f"
"""Behind the key of a message it is the key of its fallback; no application may use such keys."""
MOST_KEY = 128 - len(FALLBACK_MARK)
"""Characters of the key of a message with a fallback."""

FALLBACK_KEPT = "kept"
"""In the record of the first: its fallback is kept, and nothing was decided."""
FALLBACK_MADE = "made"
"""In the record of the first: its fallback was sent."""
FALLBACK_CALLED_BACK = "back"
"""In the record of a fallback: it was called back before it went, since its first was delivered after all."""

JOINED = "joined"
"""In front of a state, where days count messages whose outcome counts by the other one of their chain."""
REACHED = "reached"
"""What lanes and days call fallbacks that were delivered."""

UNSENT_CODES = (*(code.code for code in CODES if code.as_item is Meaning.TOO_MANY_ITEMS), "NO_BODY", "PERSON")
"""Codes of messages that failed of which it is known that they reached nobody: the gateway refused one alone
as too many, the text was gone before it was sent, a person said so. Any other code of a failed message is
unknown, and never guessed."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """What is kept for one message."""

    lane: Lane
    """Of the account and group of its first, and of advertisements where that is of them."""
    stamp: str
    body: bytes = field(repr=False)
    """The item exactly as it goes on the wire."""
    receiver: bytes = field(default=b"", repr=False)
    """What `receiver_of` returns; empty where the number is not known."""
    after_ms: int = 0
    """Made also where no receipt came so long after the acceptance; 0: as the policy says."""
    said: bytes = field(default=b"", repr=False)
    """The body with its pictures by their content, whatever addresses they have; empty: as the body is."""

    @property
    def digest(self) -> bytes:
        """16 bytes that identify what the fallback says after its body is gone."""
        return blake2b(self.said or self.body, digest_size=16).digest()

    @property
    def identity(self) -> bytes:
        """16 bytes that tell it from another fallback of the same message."""
        said = f"{self.lane.name} {self.after_ms} ".encode() + (self.said or self.body)
        return blake2b(said, digest_size=16).digest()

    @property
    def kept(self) -> bytes:
        """The text that the scripts keep, see `scripts/_fallback.lua`."""
        head = (
            self.identity.hex(),
            str(self.after_ms),
            self.lane.name,
            self.stamp,
            self.digest.hex(),
            self.receiver.hex(),
        )
        return b"%b\n%b" % (" ".join(head).encode(), self.body)


class FallbackFate(StrEnum):
    """What is with the fallback of a message, as its record says."""

    KEPT = "kept"
    """It is sent where the message reaches nobody."""
    SENT = "sent"
    """It was, as a message of its own."""


def read_fate(text: str) -> FallbackFate | None:
    """Return what a record says; None: nothing, or nothing that can be read."""
    if text == FALLBACK_MADE:
        return FallbackFate.SENT
    return FallbackFate.KEPT if text.partition(" ")[0] == FALLBACK_KEPT else None


def read_after_ms(text: str) -> int:
    """Return how long after the acceptance a kept fallback is sent without a receipt; 0: never by that."""
    after = text.removeprefix(f"{FALLBACK_KEPT} ")
    return int(after) if after.isascii() and after.isdigit() else 0


def fallback_key(msg_key: str) -> str:
    """Return the key of the fallback of a message."""
    return f"{msg_key}{FALLBACK_MARK}"


def first_of(msg_key: str) -> str | None:
    """Return the key of the message of which this one is the fallback; None: it is none."""
    return msg_key.removesuffix(FALLBACK_MARK) if msg_key.endswith(FALLBACK_MARK) else None
