"""Puts the scripts together: what they are given as data, then the parts that each names, then itself.

The first lines of a script or part name what it needs (`-- needs: _clock, sweep/leader`): files beside it,
each of which comes once and before what needs it, and `arguments`, which is written from arguments.py.

A script names first what it and all its functions use, then a semicolon, then the parts with the functions.
These are put into a function of their own. Each call makes every function again, and Lua finds what one of
them needs by going through all that others of the same level need: with everything at one level a call took
15 µs more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import TYPE_CHECKING

from plexsend.outbox.arguments import LAYOUTS
from plexsend.outbox.reasons import HOLD_RULES
from plexsend.outbox.redis.prelude import prelude

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from plexsend.outbox.reasons import HoldRule


class Script(StrEnum):
    """The scripts, by the names of their files."""

    SUBMIT = "submit"
    ADVANCE = "advance"
    SWEEP = "sweep"
    STEER = "steer"
    POLICY = "policy"
    AGREE = "agree"
    GROUP = "group"
    ADOPT = "adopt"
    FORM = "form"
    ALIVE = "alive"


# With memory full, what was sent must still be recorded and what waits be tidied; only submit is refused.
_SHEBANG = {
    Script.SUBMIT: "#!lua",
    Script.ADVANCE: "#!lua flags=allow-oom",
    Script.SWEEP: "#!lua flags=allow-oom",
    Script.STEER: "#!lua flags=allow-oom",
    Script.POLICY: "#!lua flags=allow-oom",
    Script.AGREE: "#!lua flags=allow-oom",
    Script.GROUP: "#!lua flags=allow-oom",
    Script.ADOPT: "#!lua flags=allow-oom",
    Script.FORM: "#!lua flags=allow-oom",
    Script.ALIVE: "#!lua flags=allow-oom",
}

ARGUMENTS = "arguments"
PRELUDES = ("prelude", "prelude of the functions")
"""The parts with what a script is given as data."""
_NOTHING = "nothing"
_FUNCTIONS = ";"
_NEEDS = re.compile(r"^-- needs: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a script, under the name by which others need it."""

    name: str
    text: str


@cache
def source(script: Script) -> str:
    """Return the whole text of a script, as Redis gets it."""
    return _text(parts(script))


def parts(script: Script, rules: Sequence[HoldRule] = HOLD_RULES) -> list[Part]:
    """Return the pieces of a script in their order, those written from Python among them."""
    needed = list(_resolve(script, script, set()))
    shared = list(takewhile(lambda part: part.name != _FUNCTIONS, needed))
    inside = needed[len(shared) :]
    given = prelude(_text(needed), rules)
    early = {name: line for name, line in given.items() if re.search(rf"\b{name}\b", _text(shared))}
    begin = [Part("shebang", _SHEBANG[script]), Part(PRELUDES[0], _lines(early)), *shared]
    # A script without functions of its own has nothing to put aside.
    if not inside:
        return begin
    # Lua lets a function use 60 names from outside: what only the functions need is given to them inside.
    late = {name: line for name, line in given.items() if name not in early}
    return [*begin, inside[0], Part(PRELUDES[1], _lines(late)), *inside[1:], Part("end", "end)()")]


def _text(pieces: Sequence[Part]) -> str:
    return "\n".join(part.text for part in pieces)


def _lines(given: Mapping[str, str]) -> str:
    return "\n".join(given.values())


def _resolve(script: Script, name: str, seen: set[str]) -> Iterator[Part]:
    if name in seen:
        return
    seen.add(name)
    if name == ARGUMENTS:
        yield Part(name, LAYOUTS[script].as_lua())
    elif name == _FUNCTIONS:
        yield Part(name, "return (function()")
    else:
        text = files("plexsend.outbox.scripts").joinpath(f"{name}.lua").read_text("utf-8")
        for need in _needs(text):
            yield from _resolve(script, need, seen)
        yield Part(name, text)


def _needs(text: str) -> list[str]:
    listed = " ".join(_NEEDS.findall(text)).replace(_FUNCTIONS, f", {_FUNCTIONS},")
    return [name for name in re.split(r"[,\s]+", listed) if name not in ("", _NOTHING)]
