"""Rounds: two things measured in turn, again and again, and what their ratio was."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROUNDS = 5
"""Rounds of which a figure is the median, at least."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: its value in each round, and what it should be."""

    name: str
    values: Sequence[float]
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"
    """`×` for a ratio."""
    best: bool = False
    """Whether the best of the rounds counts instead of the median: for the few absolute times."""

    @property
    def value(self) -> float:
        """The figure: the median of the rounds, or the best of them."""
        if not self.best:
            return median(self.values)
        return max(self.values) if self.at_least is not None else min(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.at_least is None and self.at_most is None:
            return None
        enough = self.at_least is None or self.value >= self.at_least
        return enough and (self.at_most is None or self.value <= self.at_most)

    @property
    def target(self) -> str:
        """The target, for people; empty where there is none."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g} {self.unit}"
        return f"≤ {self.at_most:g} {self.unit}" if self.at_most is not None else ""

    def data(self) -> dict[str, Any]:
        """Return the figure as a value of JSON."""
        return {
            "name": self.name,
            "value": self.value,
            "min": min(self.values),
            "max": max(self.values),
            "unit": self.unit,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "met": self.met,
            "values": list(self.values),
        }


@dataclass
class Turns:
    """What each side showed, round by round."""

    sides: dict[str, list[Mapping[str, float]]] = field(default_factory=dict)

    def ratio(self, over: str, under: str, what: str) -> list[float]:
        """Return, round by round, what one side showed as a multiple of the other in the same round."""
        pairs = zip(self.sides[over], self.sides[under], strict=True)
        return [one[what] / other[what] for one, other in pairs]

    def values(self, side: str, what: str) -> list[float]:
        """Return what a side showed, round by round."""
        return [shown[what] for shown in self.sides[side]]

    def median(self, side: str, what: str) -> float:
        """Return the median of what a side showed."""
        return median(self.values(side, what))

    def best_of(self, sides: Sequence[str], what: str) -> str:
        """Return the side whose median is highest."""
        return max(sides, key=lambda side: self.median(side, what))


def take_turns(
    sides: Mapping[str, Callable[[], Mapping[str, float]]],
    rounds: int,
    *,
    log: Callable[[str], None] = lambda text: None,  # noqa: ARG005  silence is the default
) -> Turns:
    """Measure every side once a round, in their order, so that all see the same minutes of the machine."""
    turns = Turns({name: [] for name in sides})
    for number in range(1, rounds + 1):
        for name, measure in sides.items():
            shown = measure()
            turns.sides[name].append(shown)
            log(f"  round {number} {name}: " + ", ".join(f"{what} {n:,.4g}" for what, n in shown.items()))
    return turns
