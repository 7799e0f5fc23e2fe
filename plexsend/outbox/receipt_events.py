"""What a receipt does to its message, by the class of its code, and which of several receipts counts."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from plexsend.gateway.receipt_codes import RCS_CODES, Family, ReceiptClass, family_of, receipt_code
from plexsend.gateway.services import SERVICES
from plexsend.outbox.states import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENT_OF: Mapping[ReceiptClass, Event] = MappingProxyType(
    {
        ReceiptClass.DELIVERED: Event.DELIVER,
        ReceiptClass.TEMPORARY: Event.UNDELIVER,
        ReceiptClass.PERMANENT: Event.UNDELIVER,
        ReceiptClass.NO_SUCH_NUMBER: Event.UNDELIVER,
        ReceiptClass.REFUSED: Event.UNDELIVER,
        ReceiptClass.CREDIT: Event.UNDELIVER,
        # The gateway took the key before: the earlier request stands.
        ReceiptClass.DUPLICATE: Event.ACCEPT_LATE,
        ReceiptClass.UNKNOWN: Event.RECEIPT_UNKNOWN,
    }
)
"""Class → event."""

IN_ORDER = (Event.ACCEPT_LATE, Event.RECEIPT_UNKNOWN, Event.UNDELIVER, Event.DELIVER)
"""The highest last: of several receipts for one message it counts, in whatever order they come."""


def for_scripts() -> dict[str, str]:
    """Return the same as the scripts are given it: texts that they search."""
    return {
        "RECEIPT_EVENTS": "".join(f" {kind}={event}" for kind, event in EVENT_OF.items()),
        "RECEIPT_ORDER": f" {' '.join(IN_ORDER)} ",
        "RCS_CLASSES": "".join(f" {row.code}={row.kind}" for row in RCS_CODES),
        # Of the codes that are not listed, those of this form alone say that it did not arrive.
        "OTHER_RCS_CLASS": str(receipt_code(Family.RCS, "79999").kind),
        "RCS_SERVICES": f" {' '.join(name for name in SERVICES if family_of(name) is Family.RCS)} ",
    }
