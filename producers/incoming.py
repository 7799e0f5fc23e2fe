"""Incoming: one item on its way into a pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.gateway.items import KeyOf


@dataclass(frozen=True, slots=True)
class Incoming:
    """One item on its way in."""

    index: int
    raw: object = field(repr=False)
    """What the caller gave, or why there is no item (a row that cannot be read): an InvalidItem."""
    size_bytes: int = 0
    """What the caller holds in memory until this entry is answered."""
    key_of: KeyOf | None = field(default=None, repr=False)
    """Gives a valid item its key; None: it has one of its own, or gets a UUID."""
