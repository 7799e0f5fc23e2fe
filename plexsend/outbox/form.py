"""In which form records and keys are written, and which the programs of a fleet understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import number

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

FIRST_FORM = 1
"""How 0.2.0 wrote, which wrote no number of a form."""
FORM = 2
"""The newest form that this program reads and writes."""


def stored_form(store: Store) -> int:
    """Return the form in which the fleet writes."""
    with mapped():
        return number(store.client.get(store.keys.format)) or FIRST_FORM
