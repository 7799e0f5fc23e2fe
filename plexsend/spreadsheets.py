"""Cells for spreadsheets: what these would compute, shorten or lose is written so that it stays as it is."""

from __future__ import annotations

import re

from plexsend.phone_numbers import hyphenated

ENCODING = "utf-8-sig"
"""With a mark in front Excel reads UTF-8."""
_BEGINS_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t")
"""What makes a spreadsheet take a cell for a formula; of full width too, in a spreadsheet of East Asia."""
_BLANKS = " \n\u00a0\u3000"
"""What a spreadsheet may take away in front."""
_AMOUNT = re.compile(r"-(?:[0-9]{1,15}(?:\.[0-9]{1,15})?)?", re.ASCII)
"""A number below zero, or the dash of an empty cell: nothing is computed."""
_CHANGED = re.compile(r"0[0-9]+|[0-9]{16,}|[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+", re.ASCII)
"""A spreadsheet drops the zeros in front, has fifteen digits of a number, and takes 1E5 for 100000."""


def cell(text: str) -> str:
    """Return a text as a cell of a CSV file: a spreadsheet computes nothing of it and drops no digit.

    A telephone number that is digits alone gets its hyphens. Anything else that would be changed gets an
    apostrophe in front, by which spreadsheets mark what is text. A line ends with LF inside a cell.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    begins = text.lstrip(_BLANKS) if text[:1] in _BLANKS else text
    if begins.startswith(_BEGINS_FORMULA):
        return text if _AMOUNT.fullmatch(text) else f"'{text}"
    if begins[:1].isdigit() and _CHANGED.fullmatch(begins):
        grouped = hyphenated(begins)
        return f"'{text}" if grouped == begins else grouped
    return text
