"""Times as people write them: ISO 8601, or the day and the time as a spreadsheet shows them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# The year is first, so there is one meaning: 2026-12-1 9:00, 2026/12/01 09:00:00, 2026. 12. 1. 9:00.
_SHOWN = re.compile(
    r"(\d{4})([-/.])\s?(\d{1,2})\2\s?(\d{1,2})\.?(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII
)


class NotATime(ValueError):
    """A text that is not a time; its text says why, in words that follow the name of a field."""


def read_time(text: str) -> datetime:
    """Return the time that a text means, without a zone where it names none. Raises NotATime."""
    given = text.strip()
    shown = _SHOWN.fullmatch(given)
    try:
        if shown is not None:
            year, _, *rest = shown.groups(default="0")
            return datetime(int(year), *map(int, rest))  # type: ignore[arg-type]  # noqa: DTZ001  as its caller says
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise NotATime("is not an ISO 8601 time") from None
    if moment.tzinfo is None and _is_day(given):
        raise NotATime("names a day and not the time of the day")
    return moment


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a time that has no zone as a time of this one, and any other as it is."""
    return moment.replace(tzinfo=zone) if moment.utcoffset() is None else moment


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
