"""A cron in words, Korean or English, for the shapes that campaigns commonly have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    Language = Literal["ko", "en"]

_EVERY: Final = "*"
_MOST_TIMES: Final = 6
"""Times of a day that are named one by one."""

_DAY_NAMES: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_KOREAN_DAYS: Final = "일월화수목금토"
_ENGLISH_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTH_NAMES: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ENGLISH_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_STEP = re.compile(r"\*/(\d+)", re.ASCII)
_TERM = re.compile(r"(\w+)(?:-(\w+))?", re.ASCII)
_WEEKDAYS: Final = [1, 2, 3, 4, 5]
_WEEKEND: Final = [0, 6]


def cron_words(cron: str, language: Language) -> str:
    """Return when a cron of five fields comes, such as "every Monday at 10:00"; the cron itself if rare.

    Where both a day of the month and a day of the week are given, either is enough, as in every cron: that
    is said, since most people expect both.
    """
    is_korean = language == "ko"
    try:
        minute, hour, day, month, weekday = cron.upper().split()
        days = _days(day, month, weekday, is_korean=is_korean)
        times = _times(minute, hour, is_korean=is_korean)
    except ValueError:
        return f"cron {cron}"
    return f"{days} {times}"


class _Rare(ValueError):
    """A shape that has no words here."""


def _times(minute: str, hour: str, *, is_korean: bool) -> str:
    step = _STEP.fullmatch(minute)
    if hour == _EVERY and minute == _EVERY:
        return "1분마다" if is_korean else "every minute"
    if hour == _EVERY and step is not None:
        return f"{step[1]}분마다" if is_korean else f"every {step[1]} minutes"
    minutes = _numbers(minute, 59)
    if hour == _EVERY:
        if len(minutes) != 1:
            raise _Rare
        return f"매시 {minutes[0]}분" if is_korean else f"at minute {minutes[0]} of every hour"
    found = [f"{each:02}:{at:02}" for each in _numbers(hour, 23) for at in minutes]
    if len(found) > _MOST_TIMES:
        raise _Rare
    return ", ".join(found) if is_korean else f"at {_join(found)}"


def _days(day: str, month: str, weekday: str, *, is_korean: bool) -> str:
    months = "" if month == _EVERY else _months(month, is_korean=is_korean)
    of_month = "" if day == _EVERY else _days_of_month(day, months, is_korean=is_korean)
    of_week = "" if weekday == _EVERY else _days_of_week(weekday, is_korean=is_korean)
    if of_month and of_week:
        if is_korean:
            return f"{of_month}, 그리고 {of_week}(둘 중 하나만 맞아도)"
        return f"{of_month}, and {of_week} (either is enough)"
    if of_week and months:
        return f"{months} {of_week}" if is_korean else f"{of_week} in {months}"
    if months and not of_month:
        return f"{months} 매일" if is_korean else f"every day in {months}"
    return of_month or of_week or ("매일" if is_korean else "every day")


def _months(month: str, *, is_korean: bool) -> str:
    found = _numbers(month, 12, _MONTH_NAMES, first=1)
    if is_korean:
        return f"매년 {'·'.join(f'{each}월' for each in found)}"
    return _join([_ENGLISH_MONTHS[each - 1] for each in found])


def _days_of_month(day: str, months: str, *, is_korean: bool) -> str:
    if day == "L":
        words = "말일" if is_korean else "the last day"
    elif is_korean:
        words = "·".join(f"{each}일" for each in _numbers(day, 31, first=1))
    else:
        words = f"day {_join([str(each) for each in _numbers(day, 31, first=1)])}"
    if is_korean:
        return f"{months or '매월'} {words}"
    return f"on {words} of {months or 'every month'}"


def _days_of_week(weekday: str, *, is_korean: bool) -> str:
    found = sorted({each % 7 for each in _numbers(weekday, 7, _DAY_NAMES)})
    if found == _WEEKDAYS:
        return "평일(월~금)" if is_korean else "every weekday (Monday to Friday)"
    if found == _WEEKEND:
        return "주말(토·일)" if is_korean else "every Saturday and Sunday"
    # A week begins with Monday for most people who plan.
    found.sort(key=lambda each: (each - 1) % 7)
    if is_korean:
        return f"매주 {'·'.join(_KOREAN_DAYS[each] for each in found)}요일"
    return f"every {_join([_ENGLISH_DAYS[each] for each in found])}"


def _numbers(field: str, last: int, names: Sequence[str] = (), *, first: int = 0) -> list[int]:
    """Return the numbers of a field that is a list of numbers, names and spans of them."""
    found: list[int] = []
    for term in field.split(","):
        match = _TERM.fullmatch(term)
        if match is None:
            raise _Rare
        begin = _number(match[1], names, first)
        end = begin if match[2] is None else _number(match[2], names, first)
        if not first <= begin <= end <= last:
            raise _Rare
        found += range(begin, end + 1)
    return sorted(set(found))


def _number(word: str, names: Sequence[str], first: int) -> int:
    if word in names:
        return names.index(word) + first
    if not word.isdecimal():
        raise _Rare
    return int(word)


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
