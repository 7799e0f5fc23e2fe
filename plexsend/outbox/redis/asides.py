"""Functions of a script that most calls do not use: made by the first call of one of them.

Lua makes every function of a script anew in each call, and finds what one of them needs from around it by
going through all that others of the same level need. So a script names what most calls do not use, in a line
for what goes together: parts, or single functions of parts (`-- when used: _rate, _line, note`; a line that
ends with a comma goes on in the next). Each line becomes a branch of a function behind all others, which
makes what is in it once and answers it by its names. It sees all that others see, wherever it was written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from plexsend.outbox.redis.pieces import (
    FUNCTION,
    Part,
    constants_of,
    count_words,
    cut,
    replace_names,
    text_of,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_NAMES = 55
"""Names that a function can have from around it: Lua allows 60, of which some are needed here."""
_WHEN_USED = re.compile(r"^-- when used: ((?:.+,\n-- )*.+)$", re.MULTILINE)
_TOP_NAMES = re.compile(r"^local (?!function)([\w, ]+?)(?: =|$)", re.MULTILINE)
_DECLARED = re.compile(
    r"\blocal (?!function)([\w, ]+)|\bfunction ?(\w*)\(([\w, .]*)\)|\bfor ([\w, ]+) (?:in|=)|(\w+) =(?!=)"
)


def put_aside(
    before: Sequence[Part], inside: Sequence[Part], behind: Sequence[Part]
) -> tuple[list[Part], list[Part]]:
    """Return the pieces before the functions, and those functions, with what is made when used behind them.

    Args:
        before: Pieces around the functions.
        inside: Pieces with the functions; the last is the script itself, which says what is made when used.
        behind: What follows where the functions failed: it can use nothing of what is put aside.
    """
    main = inside[-1]
    rooms: list[list[Part]] = []
    for line in _WHEN_USED.findall(main.text):
        names = re.split(r",(?: |\n-- )", line)
        before, taken_before = _take_out(before, names)
        inside, taken = _take_out(inside, names)
        rooms.append([*taken_before, *taken])
        found = {*functions_of(rooms[-1]), *(piece.name for piece in rooms[-1])}
        if missing := {*names} - found:
            raise ValueError(f"{main.name} needs nothing of the name {min(missing)}, which it has when used")
    if not rooms:
        return list(before), list(inside)
    room_of = {name: number for number, room in enumerate(rooms, 1) for name in functions_of(room)}
    if early := room_of.keys() & {*words_of(text_of(behind))}:
        raise ValueError(f"{main.name} cannot have {min(early)} when used: a call that failed needs it")
    makers = _share_out(rooms, room_of, text_of([*before, *inside]))
    asked = {name: f"aside_{makers[number]}({number}).{name}" for name, number in room_of.items()}
    outside = [[_ask(piece, asked) for piece in pieces] for pieces in (before, inside)]
    rooms = [
        [_ask(piece, {name: it for name, it in asked.items() if room_of[name] != number}) for piece in room]
        for number, room in enumerate(rooms, 1)
    ]
    told = text_of([*outside[0], *outside[1], *(piece for room in rooms for piece in room)])
    declared = ", ".join(f"aside_{maker}" for maker in dict.fromkeys(makers.values()))
    begin = Part("asides", f"local asides, {declared} = {{}}")
    made = _written(rooms, makers, told)
    return [*outside[0], begin], [*outside[1][:-1], *made, outside[1][-1]]


def functions_of(pieces: Sequence[Part]) -> list[str]:
    """Return the names of the functions that these pieces make, in their order."""
    return [found[1] for piece in pieces for found in FUNCTION.finditer(piece.text)]


def _take_out(pieces: Sequence[Part], names: Sequence[str]) -> tuple[list[Part], list[Part]]:
    """Return the pieces without those of these names, and without functions of these names; and those."""
    left, taken = [], []
    for piece in pieces:
        kept, functions = cut(piece, names)
        if piece.name in names:
            taken.append(piece)
            continue
        left.append(kept)
        if functions.text:
            taken.append(functions)
    return left, taken


def _share_out(rooms: Sequence[Sequence[Part]], room_of: dict[str, int], outside: str) -> dict[int, int]:
    """Return which of the functions that make things makes which: as few as can name all that they need."""
    tops = {name for line in _TOP_NAMES.findall(outside) for name in line.split(", ")}
    around = (tops | {found[1] for found in FUNCTION.finditer(outside)}) - constants_of(outside).keys()
    makers: dict[int, int] = {}
    maker, named = 1, set[str]()
    for number, room in enumerate(rooms, 1):
        needed = ({word for piece in room for word in count_words(piece.text)} & around) - room_of.keys()
        if len(named | needed) > MOST_NAMES:
            maker, named = maker + 1, set()
        named |= needed
        makers[number] = maker
    return makers


def _ask(piece: Part, asked: dict[str, str]) -> Part:
    """Return a piece that asks for the functions which are made when used."""
    declared = {
        name.strip()
        for found in _DECLARED.findall(piece.text)
        for names in found
        for name in names.split(",")
    }
    return Part(piece.name, replace_names(piece.text, {a: b for a, b in asked.items() if a not in declared}))


def _written(rooms: Sequence[Sequence[Part]], makers: dict[int, int], told: str) -> Iterator[Part]:
    """Yield what makes the functions. `told`: the whole script, which asks for some of them."""
    asked: dict[int, dict[str, None]] = defaultdict(dict)
    for number, name in re.findall(r"\baside_\d+\((\d+)\)\.(\w+)", told):
        asked[int(number)][name] = None
    for maker in dict.fromkeys(makers.values()):
        head = f"function aside_{maker}(aside)\nlocal made = asides[aside]\nif made then return made end"
        yield Part(f"begin of aside_{maker}", head)
        for number in (number for number, its in makers.items() if its == maker):
            yield Part(f"begin of {number}", f"if aside == {number} then")
            yield from rooms[number - 1]
            answer = ", ".join(f"{name} = {name}" for name in asked[number])
            yield Part(f"end of {number}", f"made = {{ {answer} }}\nend")
        yield Part(f"end of aside_{maker}", "asides[aside] = made\nreturn made\nend")
