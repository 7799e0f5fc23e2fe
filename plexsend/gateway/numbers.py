"""Korean telephone numbers: which may send, which may receive, and what to do about the others."""

from __future__ import annotations

import re
import unicodedata

from plexsend.gateway.refusals import Refusal, name_character
from plexsend.terminal.plurals import counted

SENDER_PATTERN = (
    r"02[2-9]\d{6,7}|0(3[1-3]|4[1-4]|5[1-5]|6[1-4])[2-9]\d{6,7}|070[2-9]\d{7}"
    r"|01(0[2-9]\d{7}|[16789]\d{7,8})|0[3568]0\d{7,8}|1[568]\d{6}"
)
"""Numbers that may send, as neighbouring gateways on the same carriers document them."""

RECEIVER_PATTERN = r"01(0[2-9]\d{7}|[16789]\d{7,8})"
"""Mobile numbers, from the same source."""

LONGEST_WRITTEN = 40
"""Characters of a number with all that may be between its digits; a longer text is not a number."""

LOST_ZERO = Refusal(
    "lacks its leading 0", "Spreadsheets drop it: store numbers as text and write the 0 in front."
)
"""Of a number that would be one with a 0 in front."""
ZERO_PUT_BACK = Refusal("lacked its leading 0, which was put back", "Store numbers as text in spreadsheets.")

_SENDER = re.compile(SENDER_PATTERN, re.ASCII)
_RECEIVER = re.compile(RECEIVER_PATTERN, re.ASCII)
_FOREIGN = re.compile(r"[^0-9]")
_AREA_BEFORE_REPRESENTATIVE = re.compile(r"0(?:2|[3-6]\d)1[568]\d{6}", re.ASCII)
_LEADING_ZERO_LOST = re.compile(
    r"(?:2[2-9]\d{6,7}|[3-6][1-5][2-9]\d{6,7}|70[2-9]\d{7}|1(?:0[2-9]\d{7}|[16789]\d{7,8})|[3568]0\d{7,8})",
    re.ASCII,
)
_AS_TEXT = re.compile(r"'(.+)|=\"(.+)\"")
"""How people have a spreadsheet take a number as text; some exports keep it."""
_DECIMAL = re.compile(r"[0-9]+\.0+", re.ASCII)
_EXPONENT = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}", re.ASCII)

_BETWEEN = re.compile(r"[^\w+]|_")
"""What people and programs put between digits, before and behind them: never a letter."""
_ABROAD = re.compile(r"(?:\+|00)?820?(?=1)", re.ASCII)

_SENDER_LENGTHS = range(8, 12)
_RECEIVER_LENGTHS = range(10, 12)


def normalise_sender(text: str) -> str | Refusal:
    """Return the digits of a number that may send, or why it may not.

    Whether the number is registered with the gateway is known to the gateway alone (its code G140).
    """
    digits = _digits(text)
    if isinstance(digits, Refusal) or _SENDER.fullmatch(digits):
        return digits
    if _AREA_BEFORE_REPRESENTATIVE.fullmatch(digits):
        return Refusal(
            "is a representative number (15xx, 16xx, 18xx) behind an area code",
            "Representative numbers take no area code: write the last eight digits alone, as in 1588-1234.",
        )
    return _refuse(digits, "sender", _SENDER_LENGTHS) or Refusal(
        "is not a Korean number that can send",
        "Write the registered number as it is dialled in Korea: 02-xxxx-xxxx, 010-xxxx-xxxx, 1588-xxxx.",
    )


def normalise_receiver(text: str) -> str | Refusal:
    """Return the digits of a mobile number, or why it is not one. `+82 10` and `8210` become `010`."""
    digits = _digits(text)
    if isinstance(digits, Refusal) or _RECEIVER.fullmatch(digits):
        return digits
    if _SENDER.fullmatch(digits):
        return Refusal(
            "is not a mobile number", "Only mobile numbers (010, 011, 016 to 019) receive these messages."
        )
    if digits.startswith(("0100", "0101")):
        return Refusal(
            "has a 0 or 1 after 010, which no subscriber has", "Check the number with the recipient."
        )
    return _refuse(digits, "mobile", _RECEIVER_LENGTHS) or Refusal(
        "is not a Korean mobile number", "Write it as it is dialled in Korea, as in 010-2345-6789."
    )


def read_receiver(text: str) -> str | Refusal:
    """Return the digits of the one mobile number that is meant, whatever is around and between them.

    For numbers that refuse, of which none may be lost. What is sent to is read by `normalise_receiver`.
    """
    found = normalise_receiver(text)
    if not isinstance(found, Refusal) or len(text) > LONGEST_WRITTEN:
        return found
    plain = unicodedata.normalize("NFKC", text).strip()
    decimal = _DECIMAL.fullmatch(plain)
    digits = _BETWEEN.sub("", plain.partition(".")[0] if decimal else plain)
    digits = _ABROAD.sub("0", digits, count=1) if _ABROAD.match(digits) else digits
    for meant in (digits, f"0{digits}"):
        if _RECEIVER.fullmatch(meant):
            return meant
    return found


def _digits(text: str) -> str | Refusal:
    """Return `text` without `-` and spaces and with the country code of a mobile number as 0."""
    if len(text) > LONGEST_WRITTEN:
        return Refusal(f"has {len(text)} characters, more than any number", "Give one number.")
    digits = text.replace("-", "").replace(" ", "")
    as_text = _AS_TEXT.fullmatch(digits)
    if as_text is not None:
        digits = as_text[as_text.lastindex or 0]
    if digits.startswith(("+8210", "8210")):
        digits = "0" + digits.removeprefix("+")[2:]
    if digits.startswith("+"):
        return Refusal(
            "begins with a country code",
            "Write the number as it is dialled in Korea, beginning with 0; only +82 10 is understood.",
        )
    if not digits:
        return Refusal("is blank", "Give the number as text.")
    foreign = _FOREIGN.search(digits)
    if foreign and (changed := _refuse_changed(digits)):
        return changed
    if foreign:
        return Refusal(
            f"holds {name_character(foreign[0])}, which is not a digit",
            "A number may hold only the digits 0 to 9, '-' and spaces.",
        )
    return digits


def _refuse_changed(text: str) -> Refusal | None:
    """Return the refusal of what a program made of a number that it took for an amount."""
    if _EXPONENT.fullmatch(text):
        return Refusal(
            "is a number that a spreadsheet shortened, as in 1.02E+09: its last digits are lost",
            "Give the column the format text, and fill in the numbers again.",
        )
    if _DECIMAL.fullmatch(text):
        return Refusal(
            "ends in a decimal point and 0, as a program writes amounts",
            "Have it written as text, with the 0 in front.",
        )
    return None


def _refuse(digits: str, kind: str, lengths: range) -> Refusal | None:
    """Return the refusal for what is commonly wrong with a number of any kind."""
    if _LEADING_ZERO_LOST.fullmatch(digits):
        return LOST_ZERO
    if len(digits) not in lengths:
        return Refusal(
            f"has {counted(len(digits), 'digit')}",
            f"A {kind} number has {lengths[0]} to {lengths[-1]} digits; check it.",
        )
    return None
