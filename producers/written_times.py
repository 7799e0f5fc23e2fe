"""Times as people write them: ISO 8601, or the day and the time as a spreadsheet shows them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# The year is first, so there is one meaning: 2026-12-1 9:00, 2026/12/01 09:00:00, 2026. 12. 1. 9:00. With
# half of the day where a spreadsheet writes it: 2026-12-01 오후 3:00, 2026-12-01 3:00 PM.
_SHOWN = re.compile(
    r"(\d{4})([-/.])\s?(\d{1,2})\2\s?(\d{1,2})\.?(?:T|\s+)"
    r"(?:(오전|오후)\s*)?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*(AM|PM))?",
    re.ASCII | re.IGNORECASE,
)
_NOON = 12


class NotATime(ValueError):
    """A text that is not a time; its text says why, in words that follow the name of a field."""


def read_time(text: str) -> datetime:
    """Return the time that a text means, without a zone where it names none. Raises NotATime."""
    given = text.strip()
    shown = _SHOWN.fullmatch(given)
    try:
        moment = datetime.fromisoformat(given) if shown is None else _as_shown(shown)
    except NotATime:
        raise
    except ValueError:
        raise NotATime("is not an ISO 8601 time") from None
    if moment.tzinfo is None and _is_day(given):
        raise NotATime("names a day and not the time of the day")
    return moment


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a time that has no zone as a time of this one, and any other as it is."""
    return moment.replace(tzinfo=zone) if moment.utcoffset() is None else moment


def _as_shown(shown: re.Match[str]) -> datetime:
    year, _, month, day, before, hour, minute, second, behind = shown.groups()
    hour_of_day = _hour_of(int(hour), before, behind)
    return datetime(int(year), int(month), int(day), hour_of_day, int(minute), int(second or 0))  # noqa: DTZ001  as its caller says


def _hour_of(hour: int, before: str | None, behind: str | None) -> int:
    """Return the hour of the day, where 오전, 오후, AM or PM may be beside it."""
    half = before or behind
    if half is None:
        return hour
    if (before and behind) or not 1 <= hour <= _NOON:
        raise NotATime("has an hour that its half of the day has not")
    is_afternoon = half.upper() in {"오후", "PM"}
    # Programs write midnight so, and people noon.
    if hour == _NOON and not is_afternoon:
        raise NotATime("can mean midnight or noon: write 00:00 or 12:00")
    return hour if hour == _NOON or not is_afternoon else hour + _NOON


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
