"""Puts the scripts together: the table of transitions as data, what all share, then the script itself."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import chain

from plexsend.outbox.states import LIVING, SET_OF, TRANSITIONS, Event

NOWHERE = "nowhere"
"""How the scripts write the state of a message that has no record."""


class Script(StrEnum):
    """The scripts, by the names of their files."""

    SUBMIT = "submit"
    ADVANCE = "advance"
    SWEEP = "sweep"
    STEER = "steer"


_PARTS = {
    Script.SUBMIT: ("_record", "submit"),
    Script.ADVANCE: ("_record", "_gate", "advance"),
    Script.SWEEP: ("_record", "_gate", "sweep"),
    Script.STEER: ("_record", "steer"),
}

# With memory full, what was sent must still be recorded and what waits be tidied; only submit is refused.
_SHEBANG = {
    Script.SUBMIT: "#!lua",
    Script.ADVANCE: "#!lua flags=allow-oom",
    Script.SWEEP: "#!lua flags=allow-oom",
    Script.STEER: "#!lua flags=allow-oom",
}


@cache
def source(script: Script) -> str:
    """Return the whole text of a script, as Redis gets it."""
    parts = (
        files("plexsend.outbox.scripts").joinpath(f"{part}.lua").read_text("utf-8") for part in _PARTS[script]
    )
    return "\n".join(chain((_SHEBANG[script], _tables()), parts))


def _tables() -> str:
    transitions = {event: _targets(event) for event in Event}
    return "\n".join(
        (
            f"local TRANSITIONS = {_lua(transitions)}",
            f"local SET_OF = {_lua({str(state): name for state, name in SET_OF.items()})}",
            f"local LIVING = {_lua({str(state): True for state in LIVING})}",
        )
    )


def _targets(event: Event) -> dict[str, str]:
    found = next(row for row in TRANSITIONS if row[0] is event)
    return {str(state or NOWHERE): str(found[2] or NOWHERE) for state in found[1]}


def _lua(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{_lua(str(key))}] = {_lua(item)}" for key, item in value.items()) + "}"
    if value is True:
        return "true"
    return f"'{value}'"
