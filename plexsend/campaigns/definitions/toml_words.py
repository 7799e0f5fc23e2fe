"""What is wrong with a file that is not TOML, in words: tomllib says where, and what it expected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plexsend.errors import Problem

if TYPE_CHECKING:
    from tomllib import TOMLDecodeError

_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")
_QUOTES: Final = (
    'Put texts in straight quotes, as in title = "안내", and write numbers and times without any.'
)
_WORDS: Final = (
    ("Invalid value", "what is behind the = is not a value", _QUOTES),
    ("Illegal character '\\n'", "the quotes are not closed on this line", _QUOTES),
    ("Unterminated string", "quotes are not closed", _QUOTES),
    ('Expected "\'"', "quotes are not closed", _QUOTES),
    ("Cannot overwrite", "the key on this line is there twice", "Leave one of the two out."),
    ("Cannot declare", "this table is there twice", "Write what is in both below one of them."),
    (
        "Expected newline",
        "there is more behind the value than belongs to it",
        f"{_QUOTES} A time is written as in 2026-12-01T10:00:00+09:00.",
    ),
    ("Expected ']' at the end of a table", "the bracket is not closed", "Write it alone, as in [mapping]."),
    (
        "Invalid statement",
        "it does not begin with a key",
        'Write key = value. A Korean name is in quotes: "쿠폰" = "쿠폰 번호".',
    ),
    ("Expected '='", "there is not a = behind the key", "Write key = value."),
    ("Unescaped '\\'", "a \\ in quotes has a meaning of its own", "Write / in paths, as in C:/list.xlsx."),
    ("Unclosed", "brackets are not closed", "Close them on the same line."),
)
"""What tomllib says → what that is, and what to do."""
_OTHER: Final = (
    "it cannot be read as TOML",
    "Correct that line: docs/campaigns.md shows a whole definition.",
)


def toml_problem(exc: TOMLDecodeError, text: str) -> Problem:
    """Return where and why a text is not TOML, without anything of the text."""
    said = str(exc)
    reason, remedy = next(
        ((reason, remedy) for begin, reason, remedy in _WORDS if said.startswith(begin)), _OTHER
    )
    place = _PLACE.search(said)
    if place is None or place[1] is None:
        last = len(text.rstrip().splitlines())
        return Problem(f"line {last} or before", reason, remedy)
    return Problem(f"line {place[1]}, column {place[2]}", reason, remedy)
