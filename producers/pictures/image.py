"""Images: what the gateway has of a picture that was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.outbox.pictures import KnownPicture


@dataclass(frozen=True, slots=True)
class Image:
    """An uploaded picture."""

    url: str
    """What names it in a message: in `images` of `send`, or in the item's `file_path` or `media`."""
    expires_at: datetime
    """When the gateway deletes it, in UTC. What shows it must be sent before."""
    size_bytes: int
    """Of what was uploaded, and so are width and height."""
    width: int
    height: int
    changed: tuple[str, ...] = ()
    """What was done to what was given, in words; empty: it was uploaded as it is."""


def image_of(known: KnownPicture) -> Image:
    """Return what is known of a picture as an application sees it."""
    facts = known.facts
    expires_at = datetime.fromtimestamp(known.expires_at_ms / 1000, UTC)
    return Image(facts.url, expires_at, facts.size_bytes, facts.width, facts.height, facts.changes)
