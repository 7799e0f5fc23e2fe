"""Consents to advertisements: since when somebody agrees, as a cell of the recipients says it."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import lru_cache

YEARS = 2
"""A consent is to be confirmed every two years (the Act, article 50, paragraph 8)."""
_DAY = re.compile(r"\s*(\d{4})\s*[-./년]?\s*(\d{1,2})\s*[-./월]?\s*(\d{1,2})(?!\d)", re.ASCII)


class ConsentAge(StrEnum):
    """What a cell says of a consent."""

    FRESH = "fresh"
    OLD = "old"
    """Older than two years."""
    MISSING = "missing"
    """It names no day."""


class ConsentAges:
    """Tells old consents from fresh ones.

    Args:
        today: The day on which messages are to go.
    """

    def __init__(self, today: date) -> None:
        # Of the 29th of February the day before, two years ago.
        day = min(today.day, 28) if today.month == 2 else today.day  # noqa: PLR2004  February
        self._oldest = date(today.year - YEARS, today.month, day)
        self.of = lru_cache(maxsize=4_096)(self._of)
        """Returns what a cell says; many say the same."""

    def _of(self, cell: str) -> ConsentAge:
        found = _DAY.match(cell)
        try:
            since = date(*map(int, found.groups())) if found else None
        except ValueError:
            since = None
        if since is None:
            return ConsentAge.MISSING
        return ConsentAge.OLD if since < self._oldest else ConsentAge.FRESH
