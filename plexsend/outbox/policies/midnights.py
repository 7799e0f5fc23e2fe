"""The midnights of a time zone, and its distance from UTC, for the scripts: Lua knows no zones."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MIDNIGHTS: Final = "midnights"
"""The field of an account's policies in which they are."""
OFFSETS: Final = "offsets"
"""The field in which its distance from UTC is, `<from ms>:<ms>` for each change."""
DAYS = 14
"""How many days are written ahead. They are renewed far more often; after the last, days are of 24 h."""


_DAY_MS = 86_400_000


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


def offsets(zone: str, now_ms: int) -> tuple[tuple[int, int], ...]:
    """Return how far ahead of UTC a zone is: from which ms on, and by how many ms.

    The first pair is what holds now, from 0 on; then come the changes of the next days. A zone that this
    machine does not know has none.
    """
    place = find_zone(zone)
    if place is None:
        return ()
    found = [(0, _offset_ms(place, now_ms))]
    for before_ms in range(now_ms, now_ms + DAYS * _DAY_MS, _DAY_MS):
        if _offset_ms(place, before_ms + _DAY_MS) != found[-1][1]:
            from_ms = _first_other(place, before_ms, before_ms + _DAY_MS)
            found.append((from_ms, _offset_ms(place, from_ms)))
    return tuple(found)


def _offset_ms(place: ZoneInfo, at_ms: int) -> int:
    ahead = datetime.fromtimestamp(at_ms / 1000, place).utcoffset() or timedelta()
    return round(ahead.total_seconds() * 1000)


def _first_other(place: ZoneInfo, before_ms: int, after_ms: int) -> int:
    """Return the first ms at which the zone's distance is no longer that of the first of the two times."""
    was_ms = _offset_ms(place, before_ms)
    while after_ms - before_ms > 1:
        middle_ms = (before_ms + after_ms) // 2
        if _offset_ms(place, middle_ms) == was_ms:
            before_ms = middle_ms
        else:
            after_ms = middle_ms
    return after_ms
