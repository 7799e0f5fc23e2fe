"""Telephone numbers in any text: where they are, however they are written.

Signs and blanks between the digits, digits of full width or as escapes of JSON, 82 or 0082 before them. What
is a number is decided by its digits and by how they are grouped, so that dates, times and ids stay readable.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A digit of any script, or one as JSON or a URL may write it.
_DIGIT = r"(?:\d|\\+u(?:003|[fF][fF]1)\d|%3\d)"
_ESCAPE = r"%[0-9A-Fa-f]{2}"
# What is part of an escape begins none.
_RUN = re.compile(rf"(?<!%)(?<!%[0-9A-Fa-f]){_DIGIT}(?:(?:{_ESCAPE}|[\W_]){{0,3}}?{_DIGIT}){{7,}}")
_EACH = re.compile(rf"(?P<digit>{_DIGIT})|{_ESCAPE}")
_BEGINS = re.compile(r".?$|0[0-8]|82|1[0568]")
_FEWEST_DIGITS, _MOST_DIGITS = 8, 16
"""No number has fewer or more, with all that may be before it."""

_OPENING = ("+", "(")

# Digits that no number starts with (00, 09) stay readable, so ids such as order-0000000123 can be found.
_NUMBER = re.compile(r"(?:(?:00)?820?|0)[1-8]\d{7,10}|10\d{8}")
_REPRESENTATIVE = re.compile(r"1[568]\d{6}")
_MOBILE = re.compile(r"01[016-9]")
_ABROAD = re.compile(r"(?:00)?82")
_ENDS = ((3, 4), (4, 4))
"""How many digits the last two groups have."""
_AT_ONCE = (7, 8)
"""How many the last one has, where it is the whole number behind its area."""
# A letter or digit, but for an escape of a URL.
_JOINED = re.compile(r"(?<!%[0-9A-Fa-f])[0-9A-Za-z]$")
_GROUPS = re.compile(r"(02|0[3568]0|050\d|070|01[016-9]|0[3-6][1-5])(\d{3,4})(\d{4})", re.ASCII)


def hyphenated(digits: str) -> str:
    """Return a number that begins with 0 as people write it, 010-2345-6789; anything else as it is."""
    found = _GROUPS.fullmatch(digits)
    return "-".join(found.groups()) if found else digits


def find_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where telephone numbers are, with a `+` or `(` before them, and their digits."""
    for run in _RUN.finditer(text):
        groups = list(_groups(text, run))
        at = 0
        while at < len(groups):
            length = _length(text, groups, at)
            if length:
                digits = "".join(digits for _, _, digits in groups[at : at + length])
                start = groups[at][0]
                yield start - (text[start - 1 : start] in _OPENING), groups[at + length - 1][1], digits
            at += length or 1


def mask_numbers(text: str, mask: Callable[[str], str]) -> str:
    """Return a text in which what `mask` makes of its digits is in place of each number."""
    parts: list[str] = []
    done = 0
    for start, end, digits in find_numbers(text):
        parts += (text[done:start], mask(digits))
        done = end
    return "".join((*parts, text[done:])) if parts else text


# Digits that nothing is between, as from, to and the digits themselves.
def _groups(text: str, run: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    start, end, digits = run.start(), run.start(), ""
    for found in _EACH.finditer(text, run.start(), run.end()):
        if not found["digit"]:
            continue
        if found.start() > end:
            yield start, end, digits
            start, digits = found.start(), ""
        end = found.end()
        last = found[0][-1]
        digits += last if last.isascii() else str(unicodedata.digit(last))
    yield start, end, digits


# How many groups from this one on are one number, as many as can be; 0: none begins here.
def _length(text: str, groups: list[tuple[int, int, str]], at: int) -> int:
    digits, most = "", 0
    for end in range(at, len(groups)):
        digits += groups[end][2]
        if len(digits) > _MOST_DIGITS or not _BEGINS.match(digits):
            break
        if len(digits) < _FEWEST_DIGITS:
            continue
        names = [group for _, _, group in groups[at : end + 1]]
        if _is_number(text, digits, names, groups[at][0], groups[end][1]):
            most = end + 1 - at
    return most


def _is_number(text: str, digits: str, groups: list[str], start: int, end: int) -> bool:
    is_full = _NUMBER.fullmatch(digits) is not None
    if len(groups) == 1 and is_full:
        return True
    if not (is_full or _REPRESENTATIVE.fullmatch(digits)):
        return False
    if _JOINED.search(text[max(0, start - 3) : start]) or text[end : end + 1].isalnum():
        return False
    return len(groups) == 1 or _is_shaped(text, digits, groups, start)


def _is_shaped(text: str, digits: str, groups: list[str], start: int) -> bool:
    lengths = tuple(map(len, groups))
    if _REPRESENTATIVE.fullmatch(digits):
        return lengths == (4, 4)
    if lengths[-2:] in _ENDS or lengths[-1] in _AT_ONCE or max(lengths) == 1:
        return True
    # Behind what no date and no time begins with, digits may be grouped as they like.
    is_abroad = text[start - 1 : start] == "+" or digits.startswith("0082")
    return bool(_MOBILE.fullmatch(groups[0]) or (is_abroad and _ABROAD.match(digits)))
