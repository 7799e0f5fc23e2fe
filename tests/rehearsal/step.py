"""A step of the rehearsal, and what it showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.rehearsal.stage import Stage


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a step showed."""

    what: str
    figure: str
    is_good: bool = True


@dataclass
class Shown:
    """All that a step showed."""

    facts: list[Fact] = field(default_factory=list)
    tables: list[tuple[Sequence[str], Sequence[Sequence[str]]]] = field(default_factory=list)
    """Tables for the report: heads, rows."""
    say: Callable[[str], None] = print

    def fact(self, what: str, figure: str, *, good: bool = True) -> None:
        """Write down what was seen, and whether it is as it has to be."""
        self.facts.append(Fact(what, figure, good))
        self.say(f"  {'ok  ' if good else 'WRONG'} {what}: {figure}")

    @property
    def is_good(self) -> bool:
        """Whether all was as it has to be."""
        return all(fact.is_good for fact in self.facts)


@dataclass(frozen=True, slots=True)
class Step:
    """A step by name."""

    name: str
    words: str
    play: Callable[[Stage, Shown], None]
