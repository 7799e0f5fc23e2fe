"""Values of a definition: each key's is read by one of these, or refused with a reason and a remedy."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from plexsend.campaigns.definitions.schedule import BadSchedule, check_cron, find_zone, read_window
from plexsend.campaigns.recipients.columns import nearest
from plexsend.gateway.numbers import normalise_sender
from plexsend.gateway.refusals import Refusal
from plexsend.outbox.lanes import NAME
from plexsend.producers.written_times import NotATime, read_time
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[object], Any]

_Word = TypeVar("_Word", bound=StrEnum)
_Given = TypeVar("_Given")

_FIRST_YEAR, _LAST_YEAR = 2000, 2999
_MOMENT_REMEDY: Final = "Write it with its zone, as in 2026-12-01T10:00:00+09:00."
_LONGEST_TEXT: Final = 10_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_WINDOW_PARTS: Final = 2


_KINDS: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    ((bool,), "true or false"),
    ((str,), "a text"),
    ((int, float), "a number"),
    ((list, tuple), "a list"),
    ((dict,), "a table"),
    ((datetime,), "a time"),
    ((date,), "a day"),
)
"""Types → what people call such a value; the first that fits."""


class WrongValue(ValueError):
    """A value that a key cannot have: `reason` follows its name, `remedy` says what to write."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(reason)


def read_name(value: object) -> str:
    """Read the name of a campaign, which is one of a group."""
    remedy = "Write 1 to 32 of a-z, 0-9 and -, not beginning with -, such as spring-sale."
    text = read_text(value)
    if not NAME.fullmatch(text) or text.startswith("-"):
        raise WrongValue(f"is not a campaign's name: {text[:40]!r}", remedy)
    return text


def read_text(value: object) -> str:
    """Read any text."""
    if not isinstance(value, str):
        raise WrongValue(f"is {name_of(value)}, not a text", "Put it in quotes.")
    if len(value) > _LONGEST_TEXT:
        raise WrongValue(f"has {len(value):,} characters, more than any message", "Shorten it.")
    return value


def read_filled(value: object) -> str:
    """Read a text that says something."""
    text = read_text(value)
    if not text.strip():
        raise WrongValue("is blank", "Write it, or leave the key out.")
    return text


def read_sender(value: object) -> str:
    """Read a number that may send."""
    text = read_text(value)
    found = normalise_sender(text)
    if isinstance(found, Refusal):
        raise WrongValue(found.reason, found.remedy)
    return text


def read_flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise WrongValue(f"is {name_of(value)}, not true or false", "Write true or false, without quotes.")
    return value


def whole_number(least: int, most: int, unit: str) -> Read:
    """Return what reads a whole number within bounds."""

    def read(value: object) -> int:
        remedy = f"Write a whole number of {unit} from {least:,} to {most:,}, without quotes."
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongValue(f"is {name_of(value)}, not a whole number", remedy)
        if not least <= value <= most:
            raise WrongValue(f"is {value}", remedy)
        return value

    return read


def read_ratio(value: object) -> float:
    """Read a share between nothing and all."""
    remedy = "Write a share between 0 and 1: 0.2 is 20 %."
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise WrongValue(f"is {name_of(value)}, not a number", remedy)
    if not math.isfinite(value) or not 0 < value < 1:
        raise WrongValue(f"is {value:g}, which is not between 0 and 1", remedy)
    return float(value)


def read_texts(value: object) -> tuple[str, ...]:
    """Read a list of texts."""
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise WrongValue(f"is {name_of(value)}, not a list", 'Write a list, for one too: ["spring.jpg"].')
    if wrong := [each for each in value if not isinstance(each, str) or not each.strip()]:
        raise WrongValue(f"holds {name_of(wrong[0])} where a text belongs", "Put each in quotes.")
    return tuple(value)


def read_moment(value: object) -> int:
    """Read a time with its zone, as ms since 1970."""
    if isinstance(value, str):
        try:
            value = read_time(value)
        except NotATime as exc:
            raise WrongValue(str(exc), _MOMENT_REMEDY) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        raise WrongValue("names a day and not the time of the day", _MOMENT_REMEDY)
    if not isinstance(value, datetime):
        raise WrongValue(f"is {name_of(value)}, not a time", _MOMENT_REMEDY)
    if value.utcoffset() is None:
        reason = "has no time zone, so the moment it means depends on the machine"
        raise WrongValue(reason, _MOMENT_REMEDY)
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise WrongValue(f"is in the year {value.year}", _MOMENT_REMEDY)
    return (value - _EPOCH) // timedelta(milliseconds=1)


def read_cron(value: object) -> str:
    """Read a cron of five fields."""
    return _scheduled(read_filled(value), check_cron)


def read_zone(value: object) -> str:
    """Read the name of a time zone."""
    return _scheduled(read_filled(value), find_zone)


def read_hours(value: object) -> tuple[str, str]:
    """Read from when until when of a day."""
    remedy = 'Write two times of a day, from and until: ["10:00", "18:00"].'
    if not isinstance(value, (list, tuple)):
        raise WrongValue(f"is {name_of(value)}, not two times", remedy)
    hours = read_texts(value)
    if len(hours) != _MOST_WINDOW_PARTS:
        raise WrongValue(f"has {counted(len(hours), 'part')} and not two", remedy)
    return _scheduled((hours[0], hours[1]), read_window)


def one_of(words: type[_Word]) -> Read:
    """Return what reads one of a few words."""

    def read(value: object) -> _Word:
        known = " or ".join(f'"{word}"' for word in words)
        for word in words:
            if value == word:
                return word
        shown = f"{value[:20]!r}" if isinstance(value, str) else name_of(value)
        raise WrongValue(f"is {shown}", f"Write {known}.")

    return read


def near_word(word: str, known: list[str]) -> str:
    """Return a question for the known word that is most likely meant; empty: none is near."""
    near = nearest(word, known)
    return f"Did you mean {near}? " if near else ""


def read_pairs(value: object) -> dict[str, str]:
    """Read a table of texts."""
    if not isinstance(value, dict):
        raise WrongValue(f"is {name_of(value)}, not a table", "Write it as a table, its header in brackets.")
    for name, text in value.items():
        if not isinstance(text, str):
            raise WrongValue(f"has {name_of(text)} for {str(name)[:40]!r}, not a text", "Put it in quotes.")
    return {str(name): text for name, text in value.items()}


def name_of(value: object) -> str:
    """Return what a value is, for people."""
    for kinds, name in _KINDS:
        if isinstance(value, kinds):
            return name
    return f"of type {type(value).__name__}"


def _scheduled(value: _Given, check: Callable[[_Given], object]) -> _Given:
    try:
        check(value)
    except BadSchedule as exc:
        raise WrongValue(exc.reason, exc.remedy) from None
    return value
