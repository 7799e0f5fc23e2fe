"""Accounts whose results cannot be archived at the moment: each is tried again later, and said once."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plexsend.errors import PlexsendError
    from plexsend.terminal.screen import Screen

_ALL = ""
"""In place of an account, where the trouble is nobody's own."""


class ArchiveTroubles:
    """Which accounts are in trouble. The others go on meanwhile.

    Args:
        screen: Where its words go.
        reader: The name of the archive's reader.
        again_s: After how long an account is tried again.
    """

    def __init__(self, screen: Screen, reader: str, again_s: float) -> None:
        self._screen = screen
        self._reader = reader
        self._again_s = again_s
        self._again_at: dict[str, float] = {}
        self._words: dict[str, str] = {}
        """Account → what was said last of its trouble."""

    def rests(self, account: str) -> bool:
        """Return whether an account is in trouble, and its time to be tried again has not come."""
        return self._again_at.get(account, 0.0) > elapsed_s()

    @property
    def until_next_s(self) -> float:
        """Seconds until the next one is tried again; infinite where none is in trouble."""
        return max(0.0, min(self._again_at.values(), default=inf) - elapsed_s())

    def note(self, tried: Sequence[str], failed: Mapping[str, PlexsendError]) -> None:
        """Note how the accounts fared that were tried; `failed`: those that were not written."""
        self._words.pop(_ALL, None)
        for account in tried:
            if account in failed:
                self._again_at[account] = elapsed_s() + self._again_s
                self._say(account, failed[account])
            else:
                self._again_at.pop(account, None)
                self._words.pop(account, None)

    def note_all(self, failure: PlexsendError) -> None:
        """Note what keeps all of them."""
        self._say(_ALL, failure)

    # A full disk is the same trouble for every account: what was said of one is not said of the next.
    def _say(self, account: str, failure: PlexsendError) -> None:
        words = str(failure)
        if words not in self._words.values():
            where = f"account {account}" if account else self._reader
            self._screen.warn(Problem(where, words.rstrip("."), "It is tried again."))
        self._words[account] = words
