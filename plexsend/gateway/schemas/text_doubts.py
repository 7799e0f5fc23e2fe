"""Doubts about a text that can be sent: it may not be what its sender meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plexsend.gateway.characters import is_misread
from plexsend.gateway.refusals import Refusal

if TYPE_CHECKING:
    from plexsend.gateway.schemas.draft import Draft

_PLACEHOLDER = re.compile(r"#?\{+ *[^\W\d_][\w .-]{0,40}\}")
"""`#{이름}`, `{이름}`, `{{name}}`, `${name}`: a name in braces, as in a template that nothing filled."""

IN_BRACES = "in braces, which nothing fills"
"""What is said of such names."""


def warn_of_text(text: str, field: str, draft: Draft) -> None:
    """Warn of a text that holds placeholders, or that was read in a wrong encoding."""
    if "{" in text:
        places = [str(found.start() + 1) for found in _PLACEHOLDER.finditer(text)]
        if places:
            draft.warn(
                field,
                Refusal(
                    f"holds {_count(places)} {IN_BRACES}, from position {places[0]} on",
                    "Put in what is meant, unless the receiver is to read the braces.",
                ),
            )
    if is_misread(text):
        draft.warn(
            field,
            Refusal(
                "is probably not Korean text: it is UTF-8 that was read in another encoding",
                "Read it as UTF-8 (--encoding utf-8).",
            ),
        )


def _count(places: list[str]) -> str:
    return "a name" if len(places) == 1 else f"{len(places)} names"
