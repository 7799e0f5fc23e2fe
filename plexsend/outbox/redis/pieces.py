"""Pieces of which a script is put together, as text: their words, their functions, their constants."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

_SHORT = 24
_SEVERAL_TIMES = 3
_WORD = re.compile(r"\b[a-zA-Z_]\w*\b")
_SILENT = re.compile(r"--.*|'[^'\n]*'")
"""Comments and texts, which name nothing."""
_NAMED = re.compile(rf"{_SILENT.pattern}|(?<![.:\w])([a-zA-Z_]\w*)")
_UPPER_NAMED = re.compile(rf"{_SILENT.pattern}|(?<![.:\w])([A-Z][A-Z_]+)\b")
FUNCTION = re.compile(r"^local function (\w+)\((?:[^\n]* end|.*?^end)$", re.MULTILINE | re.DOTALL)
_UPPER = re.compile(r"\b[A-Z][A-Z_]+\b")
_CONSTANT = re.compile(r"^local ([A-Z][A-Z_]+) = (\d+|'[^'\n]*')$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a script, under the name by which others need it."""

    name: str
    text: str


def words_of(text: str) -> list[str]:
    """Return the names in a text, each as often as it comes; comments and texts in quotes name nothing."""
    return _WORD.findall(_SILENT.sub("", text))


# Most parts are in many scripts.
@cache
def count_words(text: str) -> Counter[str]:
    """Return how often a text names what it names."""
    return Counter(words_of(text))


def text_of(pieces: Iterable[Part]) -> str:
    """Return the pieces as one text."""
    return "\n".join(part.text for part in pieces)


def whole(pieces: Iterable[Part]) -> str:
    """Return the pieces as Redis gets them: constants stand where they are used.

    What a function names from around it is found anew in every call, and it can name sixty things.
    """
    text = text_of(pieces)
    values = constants_of(text)
    gone = _CONSTANT.sub(lambda found: "" if found[1] in values else found[0], text)
    return _UPPER_NAMED.sub(lambda found: values.get(found[1], found[0]), gone)


def constants_of(text: str) -> dict[str, str]:
    """Return the constants of a text that stand where they are used: numbers, and texts that stay few."""
    times = Counter(_UPPER.findall(_SILENT.sub("", text)))
    return {
        name: value
        for name, value in _CONSTANT.findall(text)
        if len(value) <= _SHORT or times[name] <= _SEVERAL_TIMES
    }


def replace_names(text: str, by: Mapping[str, str]) -> str:
    """Return the text with something else for names, but in comments, in quotes and behind a dot."""
    return _NAMED.sub(lambda found: by.get(found[1], found[0]), text)


def cut(piece: Part, names: Container[str]) -> tuple[Part, Part]:
    """Return a piece without these functions of it, and them alone; lines stay where they are."""

    def blank(text: str) -> str:
        return "\n" * text.count("\n")

    taken, behind = "", 0
    for found in FUNCTION.finditer(piece.text):
        if found[1] in names:
            taken += blank(piece.text[behind : found.start()]) + found[0]
            behind = found.end()
    left = FUNCTION.sub(lambda found: blank(found[0]) if found[1] in names else found[0], piece.text)
    return Part(piece.name, left), Part(piece.name, taken)
