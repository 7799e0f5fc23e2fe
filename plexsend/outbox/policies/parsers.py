"""Values of policies that only a person sets: lists of numbers, a gateway's address, prices.

Like the parsers of the settings: (name, text) to the value, or a SettingsError that does not repeat the text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from plexsend.gateway.numbers import normalise_receiver, normalise_sender
from plexsend.gateway.receipt_codes import ReceiptClass
from plexsend.gateway.refusals import Refusal
from plexsend.outbox.states import FINAL, State
from plexsend.settings.gateway_urls import base_url
from plexsend.settings.values import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_NUMBERS = 200
"""Numbers in one list: each submit and each batch looks at it."""


def receivers(name: str, text: str) -> tuple[str, ...]:
    """Read mobile numbers with commas between them; the empty text is everybody."""
    return _numbers(name, text, normalise_receiver)


def senders(name: str, text: str) -> tuple[str, ...]:
    """Read numbers that may send, with commas between them; the empty text is any."""
    return _numbers(name, text, normalise_sender)


def _numbers(name: str, text: str, normalise: Callable[[str], str | Refusal]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for place, part in enumerate(text.split(",") if text.strip() else (), 1):
        digits = normalise(part.strip())
        if isinstance(digits, Refusal):
            raise refusal(name, f"number {place} of the list {digits.reason}", digits.remedy)
        found[digits] = None
    if len(found) > _MOST_NUMBERS:
        raise refusal(name, f"holds {len(found)} numbers", f"Give at most {_MOST_NUMBERS}.")
    return tuple(found)


_MOST_NAME_BYTES = 40


def sender_name(name: str, text: str) -> str:
    """Read the name that advertisements carry; the empty text is none, and none are sent then."""
    from plexsend.gateway.euckr import normalise, size_bytes  # noqa: PLC0415  its tables take 60 ms to make

    found = " ".join(text.split())
    if normalise(found).unrepresentable or size_bytes(found) > _MOST_NAME_BYTES or found.startswith("("):
        raise refusal(
            name,
            f"is not a name of at most {_MOST_NAME_BYTES} bytes that a handset shows",
            "Write it as people know the sender, such as 한빛상점.",
        )
    return found


_REFUSAL_NUMBER = re.compile(r"080-?[0-9]{3,4}-?[0-9]{4}", re.ASCII)


def refusal_number(name: str, text: str) -> str:
    """Read the free number by which people refuse; the empty text is none, and no advertisement is sent."""
    if text and not _REFUSAL_NUMBER.fullmatch(text):
        raise refusal(name, "is not a free 080 number", "Write it as it is to be shown: 080-123-4567.")
    return text


_ORIGIN_CID = re.compile(r"[0-9]{9,10}", re.ASCII)


def origin_cid(name: str, text: str) -> str:
    """Read the code of the business that sends first; the empty text is none."""
    if text and not _ORIGIN_CID.fullmatch(text):
        raise refusal(name, "is not 9 or 10 digits", "Give the code as the authorities registered it.")
    return text


def address(name: str, text: str) -> str:
    """Read the gateway's address; the empty text is that of the first worker."""
    return base_url(name, text) if text else ""


_UNDELIVERED = tuple(
    kind.value
    for kind in (
        ReceiptClass.TEMPORARY,
        ReceiptClass.PERMANENT,
        ReceiptClass.NO_SUCH_NUMBER,
        ReceiptClass.REFUSED,
        ReceiptClass.CREDIT,
    )
)
NO_CODES = "none"
"""Instead of codes: no receipt is meant."""
_RECEIPT_CODE = re.compile(r"7[0-9]{4}", re.ASCII)


def fallback_codes(name: str, text: str) -> tuple[str, ...]:
    """Read classes of receipt codes, and codes of RCS, with commas between them; `none` is none of them."""
    words = [part.strip() for part in text.split(",")]
    if words == [NO_CODES]:
        return (NO_CODES,)
    if any(word not in _UNDELIVERED and not _RECEIPT_CODE.fullmatch(word) for word in words):
        raise refusal(
            name,
            "names what is not a class of codes that say undelivered, nor such a code of RCS",
            f"Give some of {', '.join(_UNDELIVERED)}, or codes such as 74002; or {NO_CODES}.",
        )
    if len(words) > _MOST_CODES:
        raise refusal(name, f"holds {len(words)} codes", f"Give at most {_MOST_CODES}.")
    return tuple(dict.fromkeys(words))


_MOST_CODES = 50
"""In one list: the script that takes a receipt looks through it."""

_PRICE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?", re.ASCII)


def price(name: str, text: str) -> Decimal | None:
    """Read what one message costs, in won; the empty text is that nobody knows."""
    if not text:
        return None
    if not _PRICE.fullmatch(text):
        raise refusal(
            name,
            "is not a price",
            "Give won a message without VAT or with it, as you want sums: 60, or 8.25.",
        )
    # 60 and 60.00 are one price, and have one text.
    found = Decimal(text).normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def final_states(name: str, text: str) -> tuple[State, ...]:
    """Read final states with commas between them, in the order of the states."""
    words = {part.strip() for part in text.split(",")}
    unknown = words - {str(state) for state in FINAL}
    if unknown:
        raise refusal(
            name, "names what is not a state in which messages end", f"Give some of: {', '.join(FINAL)}."
        )
    return tuple(state for state in FINAL if state in words)
