"""What a person wrote: problems of an item are named by the key or the column that it came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plexsend.campaigns.definitions.shape import SENDER, fields_of_fallback
from plexsend.campaigns.recipients.columns import RECEIVER
from plexsend.errors import Problem
from plexsend.producers.fallbacks import FALLBACK
from plexsend.producers.message import name_as_written

if TYPE_CHECKING:
    from plexsend.campaigns.definitions.defined import Definition

_FROM: Final = "from"
_WORDS: Final = {
    "to": RECEIVER,
    "from_": _FROM,
    "text": "text",
    "title": "title",
    "images": "images",
    "msg_key": "msg_key",
    "msg_type": "msg_type",
}
"""Word of the producers → how a definition writes it."""


def as_key(definition: Definition, problem: Problem) -> Problem:
    """Return a problem of an item with the key of the definition, or the column that is mapped to it."""
    fallback = definition.fallback or {}
    inside = problem.field.removeprefix(f"{FALLBACK}.")
    if inside != problem.field and "service" in fallback:
        service, others = str(fallback["service"]), fields_of_fallback(fallback)
        inner = name_as_written(Problem(inside, "", ""), service, others, _WORDS)
        return replace(problem, written=f"{FALLBACK}.{inner.written or inside}")
    found = name_as_written(problem, definition.service, definition.fields, _WORDS)
    key = SENDER if found.written == _FROM else found.written or problem.field
    return replace(found, written=definition.mapping.get(key, found.written))
