"""The codes that a test may let a receipt have, and what to say of others."""

from __future__ import annotations

from plexsend.errors import UsageError
from plexsend.gateway.receipt_codes import (
    RCS_CODES,
    SMS_CODES,
    Family,
    ReceiptClass,
    family_of,
    is_listed,
    receipt_code,
)


def require_undelivered(service: str, code: str) -> None:
    """Raise UsageError unless a receipt with this code says something else of a message than delivered.

    Args:
        service: The message's service id: codes belong to a family of products.
        code: What the receipt is to say.
    """
    family = family_of(service)
    if not is_listed(family, code):
        raise UsageError(
            f"{code!r} is not a code of receipts of {service}. These are: {_named(family)}. "
            "docs/receipt-codes.md says what each means."
        )
    if receipt_code(family, code).kind is ReceiptClass.DELIVERED:
        raise UsageError(f"{code!r} says that a message of {service} was delivered: use `deliver`.")


_WORDS = {
    "not delivered": (
        ReceiptClass.TEMPORARY,
        ReceiptClass.PERMANENT,
        ReceiptClass.NO_SUCH_NUMBER,
        ReceiptClass.REFUSED,
        ReceiptClass.CREDIT,
    ),
    "nobody knows": (ReceiptClass.UNKNOWN,),
    "the key was used before": (ReceiptClass.DUPLICATE,),
}
"""What becomes of a message, and the classes of the codes that say it."""


def _named(family: Family) -> str:
    rows = RCS_CODES if family is Family.RCS else SMS_CODES
    found = {words: [row.code for row in rows if row.kind in kinds] for words, kinds in _WORDS.items()}
    if family is Family.RCS:
        found["not delivered"].append("any other number from 70000 to 79999")
    return "; ".join(f"{', '.join(codes)} ({words})" for words, codes in found.items() if codes)
