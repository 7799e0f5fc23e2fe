"""Entries of a stream of results that this program cannot read, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.replies import text
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIELDS = (b"s", b"l", b"c", b"k", b"m")
"""Names of an entry's fields, always in this order."""
_WORD = re.compile(r"[a-z_]{1,24}")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry that this program cannot read."""

    id: str
    why: str
    is_about_messages: bool
    """Whether it has the shape of ours: then a newer program wrote it, and messages' results are in it."""


def explain_unreadable(entry_id: str, fields: Sequence[bytes]) -> Unreadable:
    """Return why an entry cannot be read. Nothing of what it holds is repeated but words like ours."""
    if tuple(fields[::2]) != _FIELDS or not fields[7]:
        return Unreadable(entry_id, "another program wrote it", is_about_messages=False)
    state = text(fields[1])
    if state not in set(State) and _WORD.fullmatch(state):
        why = f"this version of plexsend does not know the state {state}"
    else:
        why = "this version of plexsend does not know what is in it"
    return Unreadable(entry_id, why, is_about_messages=True)
