"""The user's own cells as a report shows them: whole, or without the telephone numbers in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plexsend.campaigns.recipients.columns import RECEIVER, Heading
from plexsend.gateway.numbers import read_receiver
from plexsend.gateway.refusals import Refusal
from plexsend.outbox.reading.json_shapes import masked
from plexsend.phone_numbers import hyphenated, mask_numbers
from plexsend.spreadsheets import cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LAST = 4
"""Digits of a number that stay readable."""
_DIGIT = re.compile(r"\d")
_MANY_DIGITS = re.compile(r"(?:\D*\d){8}")


class OwnColumns:
    """Makes cells for a file out of those of the recipients.

    Args:
        names: What the columns are called.
        mapping: Field → column, of the definition.
        whole_numbers: Whether telephone numbers are shown whole.
    """

    def __init__(self, names: Sequence[str], mapping: Mapping[str, str], *, whole_numbers: bool) -> None:
        heading = Heading(names)
        named = mapping.get(RECEIVER)
        self._receivers = frozenset(heading.receivers() if named is None else heading.places(named))
        self._names = names
        self._whole = whole_numbers

    def header(self) -> list[str]:
        """Return the names of the columns. What people call a column may be a number too."""
        return [cell(self._shown(name)) for name in self._names]

    def cells(self, row: Sequence[str]) -> list[str]:
        """Return the cells of a row, as many as there are columns."""
        count = len(self._names)
        if len(row) > count:
            # A row that could not be read has what it had in its last column.
            row = (*row[: count - 1], ", ".join(row[count - 1 :])) if count else ()
        shown = [
            self._receiver(text) if place in self._receivers else cell(self._shown(text))
            for place, text in enumerate(row)
        ]
        shown += [""] * (count - len(shown))
        return shown

    def _shown(self, text: str) -> str:
        # Most cells have too few digits for a number, and are not looked through.
        if self._whole or not _MANY_DIGITS.match(text):
            return text
        return mask_numbers(text, lambda digits: masked(digits[-_LAST:]))

    def _receiver(self, text: str) -> str:
        digits = read_receiver(text)
        if not isinstance(digits, Refusal):
            return hyphenated(digits) if self._whole else masked(digits[-_LAST:])
        if self._whole:
            return cell(text)
        # It may be a number with a slip of the pen.
        hidden = len(_DIGIT.findall(text)) - _LAST
        return cell(_DIGIT.sub("*", text, count=hidden) if hidden > 0 else text)
