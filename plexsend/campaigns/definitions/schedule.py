"""Schedules: planned times of a cron, and the hours of a day in which a campaign sends.

Times of a day are those of a time zone. Where the clocks are put forward, what is planned for the hour that
is left out comes right behind it; where they are put back, it comes once.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plexsend.errors import UsageError
from plexsend.extras import require

if TYPE_CHECKING:
    from datetime import date

LONGEST_CRON: Final = 100
"""Characters. A list of 200,000 values would take a fifth of a second each time that it is read."""
_FIELDS: Final = 5
_FIELD_NAMES: Final = ("minute", "hour", "day of the month", "month", "day of the week")
_THEIRS: Final = ("minute", "hour", "day-of-month", "month", "day-of-week")
"""As cronsim names them."""
_CRON_REMEDY: Final = (
    'Write minute, hour, day of the month, month, day of the week: "0 10 * * 1" is every Monday at 10:00.'
)

_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DAY_ENDS: Final = "24:00"


class BadSchedule(UsageError):
    """A cron, a zone or a window that is wrong: `reason` follows its name, `remedy` says what to write."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{reason}. {remedy}")


def find_zone(name: str) -> ZoneInfo:
    """Return a time zone, from the system's files or from tzdata; raises BadSchedule."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule(
            f"is not a time zone that this machine knows: {name[:40]!r}", "Write one such as Asia/Seoul."
        ) from None


def check_cron(cron: str) -> None:
    """Raise BadSchedule for what is not a cron of five fields, or comes never."""
    next_after(cron, "UTC", 0)


def next_after(cron: str, zone: str, after_ms: int) -> int:
    """Return the first planned time behind a moment, in ms since 1970; raises BadSchedule."""
    try:
        from cronsim import CronSim, CronSimError  # noqa: PLC0415  of an extra that may not be installed
    except ImportError:
        require("campaigns")
        raise
    # Six fields would be read as seconds, and a list without an end would be taken apart each time.
    if len(cron) > LONGEST_CRON:
        reason = f"has {len(cron)} characters, and up to {LONGEST_CRON} are read"
        raise BadSchedule(reason, _CRON_REMEDY)
    fields = cron.split()
    if len(fields) != _FIELDS:
        raise BadSchedule(f"has {len(fields)} fields and not five", _CRON_REMEDY)
    after = datetime.fromtimestamp(after_ms / 1000, UTC).astimezone(find_zone(zone))
    try:
        times = CronSim(cron, after)
        # In an hour that comes twice it may return the earlier one, which has passed.
        for planned in times:
            planned_ms = _ms(planned)
            if planned_ms > after_ms:
                return planned_ms
    except CronSimError as exc:
        raise BadSchedule(_why(str(exc)), _CRON_REMEDY) from None
    raise BadSchedule("names a day that never comes", _CRON_REMEDY)


def read_window(window: tuple[str, str]) -> tuple[time, time | None]:
    """Return from when until when of a day it is open; None: until midnight. Raises BadSchedule."""
    remedy = 'Write two times of a day, from and until: ["10:00", "18:00"].'
    found = [_TIME_OF_DAY.fullmatch(each) for each in window]
    ends_with_day = window[1] == _DAY_ENDS
    for given, match in zip(window, found, strict=True):
        if match is None and not (ends_with_day and given is window[1]):
            raise BadSchedule(f"has {given[:20]!r}, which is not a time of a day from 00:00 to 23:59", remedy)
    if window[0] == window[1]:
        raise BadSchedule("begins when it ends", f"{remedy} Leave it out to send at any hour.")
    begins, ends = (None if match is None else time(int(match[1]), int(match[2])) for match in found)
    return begins or time(), ends


def spans(window: tuple[str, str], zone: str, from_ms: int, days: int) -> list[tuple[int, int]]:
    """Return when a window is open, each from ms to ms since 1970, in order.

    Args:
        window: From when until when of a day; until an earlier time: over midnight.
        zone: Of these times.
        from_ms: What has ended until then is left out.
        days: How many days are looked at, the one of `from_ms` the first.
    """
    place = find_zone(zone)
    begins, ends = read_window(window)
    today = datetime.fromtimestamp(from_ms / 1000, UTC).astimezone(place).date()
    is_over_midnight = ends is not None and ends < begins
    found: list[tuple[int, int]] = []
    for ahead in range(-1 if is_over_midnight else 0, days):
        day = today + timedelta(days=ahead)
        last = day + timedelta(days=1) if is_over_midnight or ends is None else day
        opens_ms, closes_ms = _at(day, begins, place), _at(last, ends or time(), place)
        if opens_ms < closes_ms and closes_ms > from_ms:
            found.append((opens_ms, closes_ms))
    return found


def _at(day: date, hour: time, zone: ZoneInfo) -> int:
    return _ms(datetime.combine(day, hour, zone))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _why(words: str) -> str:
    for theirs, ours in zip(_THEIRS, _FIELD_NAMES, strict=True):
        if theirs in words:
            return f"has a wrong {ours}"
    return "cannot be read"
