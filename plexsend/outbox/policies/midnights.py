"""The midnights of a time zone, for the scripts: Lua knows no zones and no summer time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MIDNIGHTS: Final = "midnights"
"""The field of an account's policies in which they are."""
DAYS = 14
"""How many are written ahead. They are renewed far more often; after the last, days are of 24 h."""


def find_zone(name: str) -> ZoneInfo | None:
    """Return a time zone, or None where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def midnights(zone: str, now_ms: int) -> tuple[int, ...]:
    """Return the next midnights of a zone, in ms since 1970.

    A zone that this machine does not know has none: then the scripts count in days of UTC.
    """
    place = find_zone(zone)
    if place is None:
        return ()
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(place).date()
    days = (today + timedelta(days=ahead) for ahead in range(1, DAYS + 1))
    return tuple(round(datetime.combine(day, time(), place).timestamp() * 1000) for day in days)
