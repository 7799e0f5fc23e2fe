"""What may be said of an item beside the fields of the gateway, and never goes on the wire."""

from __future__ import annotations

from plexsend.gateway.receipt_codes import Family, family_of
from plexsend.producers.advertisements import ADVERTISING_FIELDS
from plexsend.producers.fallbacks import FALLBACK_FIELDS
from plexsend.producers.moments import MOMENTS


def beside(product: str) -> tuple[str, ...]:
    """Return the names of such fields of a product's items: only RCS has fallbacks."""
    usual = (*MOMENTS, *ADVERTISING_FIELDS)
    return (*usual, *FALLBACK_FIELDS) if family_of(product) is Family.RCS else usual
