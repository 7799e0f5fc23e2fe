"""The walk over all lanes of an account, once an hour: what was lost about one is put right by sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.walk import NO_STEP, Page, WalkStep, read_page

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


class LaneWalk:
    """Gives each sweep its step of the walk, mostly none. For one thread.

    When a walk begins and how far it is, sweep keeps and answers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._places: dict[str, str] = {}
        self._pages: dict[str, Page] = {}

    def step(self, account: str) -> WalkStep:
        """Return the next step; it is the same again until a sweep has taken it."""
        place = self._places.get(account)
        if not place:
            return NO_STEP
        if account not in self._pages:
            self._pages[account] = read_page(self._store, account, place)
        return self._pages[account].step

    def taken(self, account: str, step: WalkStep, place: str) -> None:
        """Note that a sweep took a step, and from where it asked for the next; empty: none is due."""
        self._places[account] = place
        page = self._pages.pop(account, None)
        if page is not None and place and not step.walked:
            self._pages[account] = page.rest

    def forget(self, account: str) -> None:
        """Note that another process sweeps the account: it goes on from the place that sweep keeps."""
        self._places.pop(account, None)
        self._pages.pop(account, None)
