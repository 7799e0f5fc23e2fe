"""Columns of recipients, found by the name that a definition gives or by what people call them."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING

from plexsend.producers.files.headings import KOREAN, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

RECEIVER = "receiver_number"
NIGHT_CONSENT = "night_consent"
CONSENT_AT = "ad_consent_at"
"""When somebody agreed to get advertisements."""

_CONSENT_AT = frozenset(
    (
        *(CONSENT_AT, "동의일", "동의일시", "동의일자", "수신동의일", "수신동의일시", "수신동의일자"),
        *(
            "광고동의일",
            "광고동의일시",
            "광고수신동의일",
            "광고수신동의일시",
            "마케팅동의일",
            "마케팅수신동의일",
        ),
    )
)
_NIGHT_CONSENT = frozenset((NIGHT_CONSENT, "야간동의", "야간수신동의", "야간광고동의"))

_AS_VARIABLE = re.compile(r"#\{(.*)\}")
_MANY_DIGITS = re.compile(r"[0-9]{5}")
_LONGEST_NAME = 40
_MOST_SHOWN = 20


class Heading:
    """The names of a list's columns.

    Args:
        names: As the list has them. A name may be there twice, or be empty.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(name.strip() for name in names)
        self._plain = [_compared(name) for name in self.names]

    def places(self, name: str) -> list[int]:
        """Return where the columns of this name are: written like it, else alike but for blanks and `#{}`."""
        same = [place for place, each in enumerate(self.names) if each == name and each]
        wanted = _compared(name)
        return same or [place for place, each in enumerate(self._plain) if each == wanted and each]

    def receivers(self) -> list[int]:
        """Return the columns that are called as the one of the number that is written to."""
        exact = self.places(RECEIVER)
        return exact or [place for place, each in enumerate(self._plain) if KOREAN.get(each) == RECEIVER]

    def night_consents(self) -> list[int]:
        """Return the columns that are called as the consent to advertisements at night."""
        return [place for place, each in enumerate(self._plain) if each in _NIGHT_CONSENT]

    def consents(self) -> list[int]:
        """Return the columns that are called as the time of a consent to advertisements."""
        return [place for place, each in enumerate(self._plain) if each in _CONSENT_AT]

    def near(self, name: str) -> str:
        """Return the column that is most likely meant by a name; empty: none is near."""
        near = nearest(_compared(name), [each for each in self._plain if each])
        return show_name(self.names[self._plain.index(near)], 0) if near else ""

    def shown(self) -> str:
        """Return the names, for people. What may be somebody's number is not among them."""
        shown = [show_name(name, place) for place, name in enumerate(self.names, start=1) if name]
        more = " …" if len(shown) > _MOST_SHOWN else ""
        return ", ".join(shown[:_MOST_SHOWN]) + more or "no names at all"


def show_name(name: str, place: int) -> str:
    """Return a column's name for people; `place` counts from 1, and is shown where the name is no name."""
    if _MANY_DIGITS.search(name) or len(name) > _LONGEST_NAME:
        return f"number {place}" if place else "another one"
    return repr(name)


def nearest(word: str, known: Sequence[str]) -> str:
    """Return the known word that is nearest to one; empty: none is near.

    Hangul is compared by its letters: of two syllables one that is mistyped would be half of the word.
    """
    letters = {unicodedata.normalize("NFD", each.lower()): each for each in known}
    near = get_close_matches(unicodedata.normalize("NFD", word.lower()), letters, n=1)
    return letters[near[0]] if near else ""


def _compared(name: str) -> str:
    as_variable = _AS_VARIABLE.fullmatch(name.strip())
    return plain(name if as_variable is None else as_variable[1])
