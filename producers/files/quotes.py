"""Quotes of a table's cells with blanks around them: `k1, "text" ,` as people type it.

The csv module takes a quote behind a blank for a part of the text, which then goes out with the quotes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

COMMA = ","

_INSIDE = re.compile(r'(?:[^"]+|"")*')


class _Quotes(NamedTuple):
    """Of tables whose cells are separated by one character, which is not among the blanks."""

    loose: re.Pattern[str]
    """What a quote with blanks outside of it looks like; the same can be inside a quoted cell."""
    opening: re.Pattern[str]
    closing: re.Pattern[str]


@cache
def _quotes(separator: str) -> _Quotes:
    separator = re.escape(separator)
    blank, ends = rf"[^\S\r\n{separator}]", rf"(?:{separator}|[\r\n]|$)"
    return _Quotes(
        re.compile(rf'(?:^|{separator}){blank}+"|"{blank}+{ends}'),
        re.compile(rf'{blank}*"'),
        re.compile(rf'"({blank}*)(?={ends})'),
    )


def is_loose(line: str, separator: str = COMMA) -> bool:
    """Return whether a line may have a quote with blanks outside of it."""
    return '"' in line and _quotes(separator).loose.search(line) is not None


def tighten(line: str, *, quoted: bool, separator: str = COMMA) -> tuple[str, bool]:
    """Return a line without the blanks around its quoted cells, and whether a quoted cell goes on behind it.

    A cell that begins with a blank and has text behind its second quote is not quoted, and stays as it is.

    Args:
        line: The line with its line end.
        quoted: Whether a quoted cell goes on from the line before.
        separator: The character between two cells.
    """
    _, opening_quote, closing_quote = _quotes(separator)
    written: list[str] = []
    at = 0
    while True:
        opening = None if quoted else opening_quote.match(line, at)
        if quoted or opening is not None:
            begun = at if opening is None else opening.end()
            ended = _INSIDE.match(line, begun).end()  # type: ignore[union-attr]  # it matches nothing as well
            closing = closing_quote.match(line, ended)
            if closing is not None or ended == len(line) or quoted:
                written.append(('"' if opening is not None else "") + line[begun:ended])
                if ended == len(line):
                    return "".join(written), True
                written.append('"')
                at = ended + 1 if closing is None else closing.end()
            quoted = False
        comma = line.find(separator, at)
        if comma < 0:
            written.append(line[at:])
            return "".join(written), False
        written.append(line[at : comma + 1])
        at = comma + 1
