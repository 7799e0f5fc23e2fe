"""Orders of values that go to a script or come from it: written for the call and for the script alike.

A call names its values; the script gets a line that gives each its name (`local lane, service = ...`).
"""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Argument = str | bytes | int

_NAMES_A_LINE = 6


class Sort(Enum):
    """How a script reads a value, and what an answer holds where the script does not give it."""

    TEXT = ("{}", "''")
    NUMBER = ("tonumber({})", "'0'")
    FLAG = ("{} == '1'", "'0'")
    LIST = ("{}", "{{}}")

    def read(self, source: str) -> str:
        """Return the expression that reads a value."""
        return str(self.value[0]).format(source)

    @property
    def absent(self) -> str:
        """The expression for a value that is not named."""
        return str(self.value[1]).format()


@dataclass(frozen=True, slots=True)
class Value:
    """One value in its order."""

    name: str
    sort: Sort = Sort.TEXT


class Order:
    """Values that go to a script or come from it together, in their order.

    Args:
        name: The name by which a script reads them, where they come any number of times.
        values: May be none, where only what may come any number of times follows.
    """

    def __init__(self, name: str, *values: Value) -> None:
        self.name = name
        self.values = values
        self.names = tuple(value.name for value in values)
        # A namedtuple is fast, and it writes every batch.
        self.write: Callable[..., tuple[Argument, ...]] = namedtuple(  # type: ignore[misc]  # noqa: PYI024  its names are known at run time
            name, self.names
        )
        """Return the values in their order, each given by its name, flags as 0 or 1; TypeError: one is
        missing or unknown."""
        self._flags = tuple(at for at, value in enumerate(values) if value.sort is Sort.FLAG)

    def write_all(self, values: Iterable[Argument]) -> list[Argument]:
        """Return values that are in their order already, with flags as 0 or 1."""
        written = list(values)
        for at in self._flags:
            written[at] = int(written[at])
        return written

    def read(self, reply: Sequence[Any]) -> dict[str, Any]:
        """Return the values that a reply begins with, by name."""
        return dict(zip(self.names, reply, strict=False))

    def place(self, name: str) -> int:
        """Return where a value is, 1 the first; 0 where there is none of that name."""
        return self.names.index(name) + 1 if name in self.names else 0

    def as_locals(self) -> str:
        """Return the lines that give each value its name in a script, and the place where the rest begins."""
        named = [
            (value.name, value.sort.read(f"ARGV[{place}]")) for place, value in enumerate(self.values, 1)
        ]
        chunks = [named[at : at + _NAMES_A_LINE] for at in range(0, len(named), _NAMES_A_LINE)]
        lines = [
            f"local {', '.join(name for name, _ in chunk)} = {', '.join(read for _, read in chunk)}"
            for chunk in chunks
        ]
        return "\n".join([*lines, f"local FIRST_REST = {len(self.values) + 1}"])

    def as_reader(self) -> str:
        """Return a function that reads these values from a place among the arguments on, and their number."""
        fields = ", ".join(
            f"{value.name} = {value.sort.read(f'ARGV[at + {offset}]' if offset else 'ARGV[at]')}"
            for offset, value in enumerate(self.values)
        )
        return (
            f"local {self.name.upper()}_LENGTH = {len(self.values)}\n"
            f"local function read_{self.name}(at)\n  return {{ {fields} }}\nend"
        )

    def as_answer(self) -> str:
        """Return a function that puts named values into this order."""
        places = ", ".join(f"named.{value.name} or {value.sort.absent}" for value in self.values)
        return f"local function answer_of(named)\n  return {{ {places} }}\nend"
