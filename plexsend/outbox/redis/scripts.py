"""Puts the scripts together: what they are given as data, then the parts that each names, then itself.

The first lines of a script or part name what it needs (`-- needs: _clock, sweep/leader`): files beside it,
each of which comes once and before what needs it, and `arguments`, which is written from arguments.py.

A script names first what it and all its functions use, then a semicolon, then the parts with the functions.
These are put into a function of their own; what follows where it fails is in `_spoilt`. A function that a
script does not name is left out, and what most calls do not use is made when used: see asides.py.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import TYPE_CHECKING

from plexsend.outbox.arguments import LAYOUTS
from plexsend.outbox.reasons import HOLD_RULES
from plexsend.outbox.redis.asides import put_aside
from plexsend.outbox.redis.pieces import FUNCTION, Part, count_words, text_of, whole, words_of
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
    REWOUND = "rewound"
    ADOPT = "adopt"
    FORM = "form"
    ALIVE = "alive"
    TALLY = "tally"
    IMPORTS = "imports"
    HEAL = "heal"
    WALK = "walk"
    AUDIT = "audit"
    FIGURES = "figures"
    PRUNE = "prune"
    STATS = "stats"
    RESULTS = "results"
    PROOF = "proof"
    REPLAY = "replay"
    RECEIPTS = "receipts"
    PICTURES = "pictures"
    SUPPRESS = "suppress"
    RUN = "run"
    DUE = "due"
    PUT = "put"


# With memory full, what was sent must still be recorded and what waits be tidied; what puts in is refused.
_SHEBANG = {
    Script.SUBMIT: "#!lua",
    Script.ADVANCE: "#!lua flags=allow-oom",
    Script.SWEEP: "#!lua flags=allow-oom",
    Script.STEER: "#!lua flags=allow-oom",
    Script.POLICY: "#!lua flags=allow-oom",
    Script.AGREE: "#!lua flags=allow-oom",
    Script.GROUP: "#!lua flags=allow-oom",
    Script.REWOUND: "#!lua flags=allow-oom",
    Script.ADOPT: "#!lua flags=allow-oom",
    Script.FORM: "#!lua flags=allow-oom",
    Script.ALIVE: "#!lua flags=allow-oom",
    Script.TALLY: "#!lua flags=allow-oom",
    Script.IMPORTS: "#!lua",
    Script.HEAL: "#!lua flags=allow-oom",
    Script.WALK: "#!lua flags=allow-oom",
    Script.PRUNE: "#!lua flags=allow-oom",
    Script.STATS: "#!lua flags=allow-oom",
    # What was heard must be ended with memory full too; it writes little.
    Script.RESULTS: "#!lua flags=allow-oom",
    Script.REPLAY: "#!lua",
    Script.RECEIPTS: "#!lua flags=allow-oom",
    Script.PICTURES: "#!lua",
    # Who refuses must be heard with memory full too.
    Script.SUPPRESS: "#!lua flags=allow-oom",
    # A run must be paused and cancelled with memory full too.
    Script.RUN: "#!lua flags=allow-oom",
    Script.DUE: "#!lua flags=allow-oom",
    Script.PUT: "#!lua flags=allow-oom",
    # These run on a replica too, and with memory full.
    Script.AUDIT: "#!lua flags=no-writes",
    Script.PROOF: "#!lua flags=no-writes",
    Script.FIGURES: "#!lua flags=no-writes",
}

_OF_THE_FLEET = (Script.AGREE, Script.FORM, Script.ALIVE, Script.TALLY, Script.WALK, Script.PUT)
"""Scripts on the keys of the whole fleet."""


def only_reads(script: Script) -> bool:
    """Return whether a script cannot write, as the server was told."""
    return "no-writes" in _SHEBANG[script]


ARGUMENTS = "arguments"
_SPOILT = "_spoilt"
PRELUDES = ("prelude", "prelude of the functions")
"""The parts with what a script is given as data."""
_NOTHING = "nothing"
_FUNCTIONS = ";"
_SPLIT = re.compile(r"(^local function \w+\((?:[^\n]* end|.*?^end)$)", re.MULTILINE | re.DOTALL)
_NEEDS = re.compile(r"^-- needs: (.+)$", re.MULTILINE)


@cache
def source(script: Script) -> str:
    """Return the whole text of a script, as Redis gets it."""
    return whole(parts(script))


def parts(script: Script, rules: Sequence[HoldRule] = HOLD_RULES) -> list[Part]:
    """Return the pieces of a script in their order, those written from Python among them."""
    resolved = list(_resolve(script, script, set()))
    last = _last(script, resolved)
    needed = _without_unnamed([*resolved, *last])
    shared = list(takewhile(lambda part: part.name != _FUNCTIONS, needed))
    begin, *inside = needed[len(shared) : -len(last)]
    behind = needed[-len(last) :]
    given = prelude(text_of(needed), rules)
    outside = {*words_of(text_of([*shared, *behind]))}
    early = {name: line for name, line in given.items() if name in outside}
    # Lua lets a function use 60 names from outside: what only the functions need is given to them inside.
    late = {name: line for name, line in given.items() if name not in early}
    before, functions = put_aside(
        [Part("shebang", _SHEBANG[script]), Part(PRELUDES[0], _lines(early)), *shared],
        [Part(PRELUDES[1], _lines(late)), *inside],
        behind,
    )
    return [*before, begin, *functions, *behind]


def _last(script: Script, resolved: Sequence[Part]) -> list[Part]:
    """Return what comes behind the functions: what follows where they failed, made only then."""
    end = "end)\nif done then return answer end"
    if only_reads(script):
        return [Part("end", f"{end}\nerror(answer, 0)")]
    named = any(part.name == _SPOILT for part in resolved)
    keys = "FLEET_KEYS" if script in _OF_THE_FLEET else "ACCOUNT_KEYS"
    arguments = LAYOUTS[script].arguments
    lane = ", lane" if arguments.place("lane") else ", nil, group" if arguments.place("group") else ""
    return [
        Part("end", end),
        *([] if named else _resolve(script, _SPOILT, {part.name for part in resolved})),
        Part("failure", f"return failed(answer, {keys}{lane})"),
    ]


def _without_unnamed(pieces: Sequence[Part]) -> list[Part]:
    """Return the pieces without functions that none of them names; lines stay where they are."""
    split = [_SPLIT.split(piece.text) for piece in pieces]
    named: Counter[str] = Counter()
    for texts in split:
        for text in texts:
            named.update(count_words(text))
    # What only a function named that goes, goes in the next round.
    while sum(_blank_unnamed(texts, named) for texts in split):
        pass
    return [Part(piece.name, "".join(texts)) for piece, texts in zip(pieces, split, strict=True)]


def _blank_unnamed(texts: list[str], named: Counter[str]) -> int:
    """Blank the functions of a piece that nothing else names, and return how many.

    `texts`: the piece, each second text of it a function. `named`: how often all pieces name each word.
    """
    found = 0
    for place in range(1, len(texts), 2):
        inside, name = count_words(texts[place]), FUNCTION.findall(texts[place])
        if name and named[name[0]] == inside[name[0]]:
            named.subtract(inside)
            texts[place] = "\n" * texts[place].count("\n")
            found += 1
    return found


def _lines(given: Mapping[str, str]) -> str:
    return "\n".join(given.values())


def _resolve(script: Script, name: str, seen: set[str]) -> Iterator[Part]:
    if name in seen:
        return
    seen.add(name)
    if name == ARGUMENTS:
        yield Part(name, LAYOUTS[script].as_lua())
    elif name == _FUNCTIONS:
        yield Part(name, "local done, answer = pcall(function()")
    else:
        text = files("plexsend.outbox.scripts").joinpath(f"{name}.lua").read_text("utf-8")
        for need in _needs(text):
            yield from _resolve(script, need, seen)
        yield Part(name, text)


def _needs(text: str) -> list[str]:
    listed = " ".join(_NEEDS.findall(text)).replace(_FUNCTIONS, f", {_FUNCTIONS},")
    return [name for name in re.split(r"[,\s]+", listed) if name not in ("", _NOTHING)]
