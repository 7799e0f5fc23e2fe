"""Templates: a text with variables, `#{이름}`, split once and filled for every row.

What is put in is never looked at again: a name that holds `#{x}` itself stays as it is.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_VARIABLE = re.compile(r"#\{([^{}\s]{1,40})\}")
_OPENING = "#{"

_FOREIGN = (
    (re.compile(r"##([^#\s]{1,40})##"), "##{}##"),
    (re.compile(r"\{\{\s*([^{}]{1,40}?)\s*\}\}"), "{{{{{}}}}}"),
    (re.compile(r"%([^\W\d]\w{0,39})%"), "%{}%"),
)
"""How other programs write variables → how one of them is shown."""


class Template:
    """A text with variables.

    Args:
        text: The text.
    """

    __slots__ = ("_parts", "text", "variables")

    def __init__(self, text: str) -> None:
        self.text = text
        parts = _VARIABLE.split(text)
        self.variables: tuple[str, ...] = tuple(dict.fromkeys(parts[1::2]))
        """Each of its variables once, in the order of the text."""
        self._parts = parts

    def __bool__(self) -> bool:
        return bool(self.text)

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with the values of its variables."""
        parts = self._parts.copy()
        parts[1::2] = [values[name] for name in parts[1::2]]
        return "".join(parts)

    def over(self, places: Mapping[str, int]) -> Callable[[Sequence[str]], str]:
        """Return what makes the text of a row's values.

        Args:
            places: Variable → where its value is in those of a row. One that is not there stays as it is.
        """
        pattern = ""
        taken: list[int] = []
        for place, part in enumerate(self._parts):
            if place % 2 and part in places:
                pattern += "%s"
                taken.append(places[part])
            else:
                pattern += (f"#{{{part}}}" if place % 2 else part).replace("%", "%%")
        if not taken:
            return lambda _: self.text
        # One pass in C: a million rows go through here.
        take: Callable[[Sequence[str]], Any] = itemgetter(*taken)
        return lambda values: pattern % take(values)


def stray_openings(text: str) -> int:
    """Return how many `#{` of a text begin no variable: they would go out as they are written."""
    return _VARIABLE.sub("", text).count(_OPENING)


def foreign_variables(text: str) -> list[tuple[str, str]]:
    """Return what a text has of other programs' variables: as it is written there, and its name."""
    return [(shown.format(name), name) for pattern, shown in _FOREIGN for name in pattern.findall(text)]


def texts_in(value: object) -> list[str]:
    """Return all texts in a value, those inside of lists and objects too, in their order."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts_in(inner)]
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in texts_in(inner)]
    return []
