"""Columns of numbers in a company's own list, by the names that people give them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOBILE = (
    *("receivernumber", "recipientnumber", "recipientno", "mobile", "mobilenumber", "mobileno"),
    *("mobilephone", "mobilephonenumber", "cell", "cellphone", "cellphonenumber", "hp", "hpno", "msisdn"),
    *("휴대번호", "모바일", "모바일번호", "휴대폰연락처", "고객휴대폰", "고객휴대폰번호"),
    *("수신자전화번호", "수신자휴대폰", "수신자휴대폰번호", "수신인번호"),
)
_PHONE = (
    *("phone", "phonenumber", "phoneno", "tel", "telno", "telephone", "telephonenumber"),
    *("전화", "전화번호", "연락처", "고객전화번호", "고객연락처"),
)
# Of a list of people these may be something else: their place in it, or their name.
_VAGUE = ("number", "to", "receiver", "recipient", "번호", "수신자", "수신인")
_SHOWN = "phone, mobile, receiver_number, 휴대폰번호, 전화번호, 수신번호"
_SEPARATORS = ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"))
_LONGEST_NAME, _MANY_DIGITS = 40, 5
_MOST_SHOWN = 12


def normalised(name: str) -> str:
    """Return a column's name as it is compared: small letters, without blanks and signs."""
    # A Mac writes Hangul in pieces.
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).lower()))


def find_columns(header: Sequence[str]) -> tuple[list[int], bool]:
    """Return the places of the columns that most surely hold mobile numbers, and whether others may too."""
    from plexsend.producers.files.headings import RECEIVERS

    # What names the receivers of messages names those of mobile numbers.
    mobile = {*_MOBILE, *RECEIVERS} - {*_PHONE}
    names = [normalised(name) for name in header]
    found = [
        [place for place, name in enumerate(names) if name in known] for known in (mobile, _PHONE, _VAGUE)
    ]
    best = next((places for places in found if places), [])
    return best, sum(map(len, found)) > len(best)


def say_columns(header: Sequence[str], places: Sequence[int], wanted: str | None) -> str:
    """Return why the column of numbers of a list is not known, and what to do."""
    if wanted is not None and places:
        return f"it has several columns {wanted!r}. Give one of them another name."
    if wanted is not None:
        return f"it has no column {wanted!r} in its first line. It has {_names(header)}."
    if places:
        several = _names([header[place] for place in places])
        return f"it has several columns of numbers: {several}. Name one of them with --column."
    for separator, name in _SEPARATORS:
        if len(header) == 1 and separator in header[0]:
            return f"its columns are separated by {name}. Separate them by commas."
    return (
        "it has no column of numbers in its first line, which names the columns. Name it with --column, or "
        f"call it one of {_SHOWN}."
    )


# What has many digits is not a name but somebody's number.
def _names(header: Sequence[str]) -> str:
    shown = [
        repr(name)
        for name in header
        if name and len(name) <= _LONGEST_NAME and sum(map(str.isdigit, name)) < _MANY_DIGITS
    ]
    return ", ".join(shown[:_MOST_SHOWN]) + (" …" if len(shown) > _MOST_SHOWN else "") or "no names at all"
