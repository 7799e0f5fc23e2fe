"""Names of fields as errors show them: those that are unknown, and those that may not be names at all."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from plexsend.gateway.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

ITSELF = ""
"""Used as the field's name where the problem is with the object as a whole."""

MOST_UNKNOWN_NAMED = 20
"""Unknown fields of one object that are named one by one."""

# A file without a header line turns its first row, numbers and text, into field names: only what looks like
# a name is shown.
_SHOWABLE = re.compile(r"(?!.*[0-9]{5})[A-Za-z_][A-Za-z0-9_.-]{0,39}")


def show_name(name: object) -> str:
    """Return a name as an error may show it."""
    if isinstance(name, str) and _SHOWABLE.fullmatch(name):
        return name
    return "(a name that is not shown)"


def refuse_unknown(names: Iterable[object], known: Collection[str]) -> Iterator[tuple[str, Refusal]]:
    """Yield each unknown name of an object, as it is shown, with the known name that was likely meant."""
    unknown = sorted({show_name(name) for name in names})
    for name in unknown[:MOST_UNKNOWN_NAMED]:
        meant = get_close_matches(name, known, n=1)
        remedy = f"Did you mean {meant[0]}?" if meant else f"Known fields: {', '.join(known)}."
        if name == "group":
            remedy = "Name the group for the whole call: group= of submit, --group of an import."
        yield name, Refusal("is not a field of this message", remedy)
    if len(unknown) > MOST_UNKNOWN_NAMED:
        more = len(unknown) - MOST_UNKNOWN_NAMED
        yield ITSELF, Refusal(f"has {more} more unknown fields", "Give the fields of one message.")
