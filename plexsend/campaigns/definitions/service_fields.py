"""Fields that items of a service have beside what a definition has words for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from plexsend.campaigns.definitions.keys import KEYS
from plexsend.campaigns.definitions.values import near_word
from plexsend.campaigns.recipients.columns import RECEIVER
from plexsend.errors import Problem
from plexsend.gateway.items import SCHEMAS
from plexsend.gateway.services import SERVICES, get_service
from plexsend.producers.beside import beside
from plexsend.producers.fallbacks import FALLBACK_AFTER

if TYPE_CHECKING:
    from collections.abc import Mapping

HAS_WORDS: Final = {
    "msg": "text",
    "title": "title",
    "file_path": "images",
    "sender_number": "from",
    RECEIVER: "recipients and, where its column has another name, mapping",
    "to": "recipients",
    "msg_key": "nothing: each row gets its key by itself",
}
"""Field of an item → what a definition has for it."""

_OBJECTS: Final = frozenset({"Object", "Entries"})
"""Kinds that no cell of a table holds."""


@cache
def fields_of_service(service: str) -> Mapping[str, bool]:
    """Return the fields that a definition may give by the gateway's names → whether a column may hold one."""
    product = get_service(service).product.name
    rules: Mapping[str, Any] = SCHEMAS[product]().rules()
    found = {name: rule["kind"] not in _OBJECTS for name, rule in rules.items() if name not in HAS_WORDS}
    if FALLBACK_AFTER in beside(product):
        found[FALLBACK_AFTER] = False
    return found


def unknown_key(key: str, service: str | None, within: str = "") -> Problem | None:
    """Return what is wrong with a key that is not one; None: without a service that cannot be said.

    Args:
        key: The key.
        service: The service of the campaign, or of its fallback; None: not known.
        within: In front of the key, for people: `fallback.`.
    """
    field = f"{within}{key}"
    if key in HAS_WORDS:
        return Problem(field, "is a field of the gateway", f"A definition has for it: {HAS_WORDS[key]}.")
    others = [each for each in SERVICES if key in fields_of_service(each)]
    if service is None and others:
        return None
    own = list(fields_of_service(service)) if service is not None else []
    if others:
        families = ", ".join(dict.fromkeys(get_service(each).product.name for each in others))
        return Problem(field, f"is a field of {families}, and not of {service}", "Leave it out.")
    known = [*KEYS, *own] if not within else ["service", "from", "title", "text", "images", *own]
    remedy = near_word(key, known) or f"Known are {', '.join(known)}."
    return Problem(field[:60], "is not known", remedy.strip())
