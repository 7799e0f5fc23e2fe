"""Mending of numbers that a spreadsheet took for amounts: the 0 in front is lost, and `.0` may be behind."""

from __future__ import annotations

import re

from plexsend.gateway.numbers import LOST_ZERO, normalise_receiver

_DECIMAL = re.compile(r"([0-9]{9,12})\.0+", re.ASCII)


def mend_number(text: str) -> str:
    """Return a mobile number with its 0 put back and without `.0`; any other text as it is."""
    # Nearly all numbers begin with 0, and a million of them come by.
    if text[:1] == "0" and "." not in text:
        return text
    decimal = _DECIMAL.fullmatch(text)
    digits = text if decimal is None else decimal[1]
    found = normalise_receiver(digits)
    if found is LOST_ZERO:
        digits = f"0{digits}"
        # Numbers of an area lose their 0 too, and receive no message.
        found = normalise_receiver(digits)
    return digits if isinstance(found, str) else text
