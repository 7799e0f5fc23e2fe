"""Quotes of a table's cells with blanks around them: `k1, "text" ,` as people type it.

The csv module takes a quote behind a blank for a part of the text, which then goes out with the quotes.
"""

from __future__ import annotations

import re

_LOOSE = re.compile(r'(?:^|,)[^\S\r\n]+"|"[^\S\r\n]+(?:,|[\r\n]|$)')
"""What a quote with blanks outside of it looks like; the same can be inside a quoted cell."""

_OPENING = re.compile(r'[^\S\r\n]*"')
_INSIDE = re.compile(r'(?:[^"]+|"")*')
_CLOSING = re.compile(r'"([^\S\r\n]*)(?=,|[\r\n]|$)')


def is_loose(line: str) -> bool:
    """Return whether a line may have a quote with blanks outside of it."""
    return '"' in line and _LOOSE.search(line) is not None


def tighten(line: str, *, quoted: bool) -> tuple[str, bool]:
    """Return a line without the blanks around its quoted cells, and whether a quoted cell goes on behind it.

    A cell that begins with a blank and has text behind its second quote is not quoted, and stays as it is.

    Args:
        line: The line with its line end.
        quoted: Whether a quoted cell goes on from the line before.
    """
    written: list[str] = []
    at = 0
    while True:
        opening = None if quoted else _OPENING.match(line, at)
        if quoted or opening is not None:
            begun = at if opening is None else opening.end()
            ended = _INSIDE.match(line, begun).end()  # type: ignore[union-attr]  # it matches nothing as well
            closing = _CLOSING.match(line, ended)
            if closing is not None or ended == len(line) or quoted:
                written.append(('"' if opening is not None else "") + line[begun:ended])
                if ended == len(line):
                    return "".join(written), True
                written.append('"')
                at = ended + 1 if closing is None else closing.end()
            quoted = False
        comma = line.find(",", at)
        if comma < 0:
            written.append(line[at:])
            return "".join(written), False
        written.append(line[at : comma + 1])
        at = comma + 1
