"""The lanes of one call's items: one for each variant, and for advertisements of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.lanes import Advertising, Lane

if TYPE_CHECKING:
    from plexsend.producers.terms import Terms


class ItemLanes(dict[tuple[str | None, Advertising], Lane]):
    """Variant and kind → lane, made when it is asked for: items of a chunk share it where it is one object.

    Args:
        terms: What holds for every item.
    """

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self._terms = terms

    def __missing__(self, asked: tuple[str | None, Advertising]) -> Lane:
        """Make the lane."""
        variant, kind = asked
        terms = self._terms
        lane = self[asked] = Lane.of(terms.service, variant, terms.account, terms.group, kind)
        return lane

    @property
    def has_advertisements(self) -> bool:
        """Whether a lane of advertisements was asked for."""
        return any(kind is not Advertising.NO for _, kind in self)
