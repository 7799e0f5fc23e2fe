"""In place of the pictures of items that show none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.gateway.items import KeyOf
    from plexsend.producers.chunks import Waiting
    from plexsend.producers.submissions import Invalid


class NoPictures:
    """Where a product's items show no pictures."""

    def take_out(
        self, raw: Mapping[str, Any], key_of: KeyOf | None
    ) -> tuple[Mapping[str, Any], None, KeyOf | None]:
        """Return an item as it is."""
        return raw, None, key_of

    def complete(self, waiting: Sequence[Waiting]) -> tuple[Sequence[Waiting], Sequence[Invalid]]:
        """Return items as they are."""
        return waiting, ()
