"""Values as a person writes them: text in, a checked value out.

Every function here is or makes a parser: it takes the variable's name and its text, and returns the value or
raises `SettingsError` with one problem. A problem never repeats the text: a secret that a person pastes into
the wrong variable must not get into a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plexsend.errors import Problem, SettingsError

if TYPE_CHECKING:
    from enum import Enum

T = TypeVar("T")
E = TypeVar("E", bound="Enum")

Parse: TypeAlias = Callable[[str, str], T]
"""A parser: (name of the variable, its text) to the value."""

# Python's own int() and float() also take "1_000" and digits of other scripts, which are slips in a settings
# file.
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)

# int() refuses more than 4,300 digits with an error of its own; no setting needs more than these.
_MOST_DIGITS = 18

_SWITCHES = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}

_QUOTES = "\"'"

# The prefix becomes part of every key. Braces would move Redis's hash tag, and `*`, `?`, `[` and `\` mean
# something in the patterns of SCAN, so the list says what is allowed and not what is not.
_KEY_PREFIX = re.compile(r"[A-Za-z0-9:._/-]{1,64}")


_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")


def refusal(name: str, reason: str, remedy: str) -> SettingsError:
    """Return the error for one wrong value, to be raised by the caller."""
    return SettingsError([Problem(name, reason, remedy)])


def unquoted(name: str, text: str) -> str:
    """Return the text of a variable or a file; raises `SettingsError` where it is in quotes.

    A shell takes quotes away; Docker's `--env-file` and a secret's file keep them, and they would become part
    of the value. No value needs them at both its ends.
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        raise refusal(
            name,
            "is in quotes, which are part of the value here",
            "Write it without them (Docker's --env-file keeps quotes).",
        )
    return text


def whole(least: int, most: int) -> Parse[int]:
    """Make a parser of whole numbers from `least` to `most`, both included."""

    def parse(name: str, text: str) -> int:
        remedy = f"Give a whole number from {least} to {most}."
        if not _WHOLE.fullmatch(text):
            raise refusal(name, "is not a whole number", remedy)
        if len(text) > _MOST_DIGITS:
            raise refusal(name, "is out of range", remedy)
        value = int(text)
        if not least <= value <= most:
            raise refusal(name, f"is {'below' if value < least else 'above'} its limit", remedy)
        return value

    return parse


def number(least: float, most: float, *, zero: bool = False) -> Parse[float]:
    """Make a parser of finite numbers from `least` to `most`, both included; with `zero` 0 is allowed too."""

    def parse(name: str, text: str) -> float:
        remedy = f"Give {'0, or ' if zero else ''}a number from {least:.10g} to {most:.10g}."
        if _NOT_FINITE.fullmatch(text):
            raise refusal(name, "is not a finite number", remedy)
        if not _NUMBER.fullmatch(text):
            raise refusal(name, "is not a number", remedy)
        # A number too large for a float becomes infinite here, and is then above every limit.
        value = float(text)
        if value == 0 and zero:
            return 0.0
        if not least <= value <= most:
            raise refusal(name, f"is {'below' if value < least else 'above'} its limit", remedy)
        return value

    return parse


def switch(name: str, text: str) -> bool:
    """Read a switch: 1, true, yes, on or 0, false, no, off, in any case."""
    try:
        return _SWITCHES[text.lower()]
    except KeyError:
        raise refusal(name, "is neither on nor off", "Give 1 or 0 (true, yes, on, false, no, off).") from None


def choice(kind: type[E]) -> Parse[E]:
    """Make a parser of one of an enum's values, in any case."""

    def parse(name: str, text: str) -> E:
        words = [str(member.value) for member in kind]
        try:
            return kind(text.lower())
        except ValueError:
            raise refusal(
                name, "is not one of the known words", f"Give one of: {', '.join(words)}."
            ) from None

    return parse


def time_zone(name: str, text: str) -> str:
    """Read the name of a time zone, such as Asia/Seoul. A machine without any zones takes each name."""
    if not _is_zone(text) and (_is_zone("UTC") or not _ZONE.fullmatch(text)):
        raise refusal(
            name, "is not a time zone that this machine knows", "Give an IANA name, such as Asia/Seoul."
        )
    return text


def _is_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def key_prefix(name: str, text: str) -> str:
    """Read the prefix of every key in Redis: 1 to 64 letters, digits and `:._/-`."""
    if not _KEY_PREFIX.fullmatch(text):
        raise refusal(
            name,
            "cannot begin a key",
            "Give 1 to 64 letters (A-Z, a-z), digits and : . _ / -, without braces or spaces.",
        )
    return text


def folder(name: str, text: str) -> Path:
    """Return a folder, which need not be there yet; a relative path could mean any folder."""
    if not text.startswith("/") or "\0" in text:
        raise refusal(
            name, "is not the whole path of a folder", "Write it from / on, such as /var/lib/plexsend."
        )
    return Path(text)
