"""The plan of a run: a pure function of its seed and of the faults that are played."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tests.chaos.fault import Fault

AT_ONCE = (1, 3)
"""How many faults strike together, at the least and at the most."""
_BEGINS_WITHIN_S = 3.0
CALM_S = (1.0, 4.0)


@dataclass(frozen=True, slots=True)
class Part:
    """One fault in a round."""

    fault: str
    begins_s: float
    """After the beginning of the round."""
    seconds: float
    seed: int
    """Of the choices that the fault itself makes."""


@dataclass(frozen=True, slots=True)
class Round:
    """Faults that strike together, and the calm behind them."""

    number: int
    parts: tuple[Part, ...]
    calm_s: float

    @property
    def seconds(self) -> float:
        """How long its faults last."""
        return max(part.begins_s + part.seconds for part in self.parts)

    def without(self, faults: Collection[str]) -> Round:
        """Return the round without these faults; it may be left with none."""
        return replace(self, parts=tuple(part for part in self.parts if part.fault not in faults))


def rounds(seed: str, faults: Sequence[Fault], *, at_once: tuple[int, int] = AT_ONCE) -> Iterator[Round]:
    """Yield rounds without end. Every fault comes once before any comes again.

    Args:
        seed: The same seed and faults give the same rounds.
        faults: What is played; not empty.
        at_once: How many together, at the least and at the most; fewer where none more can be mixed.
    """
    chance = random.Random(seed)
    deck: list[Fault] = []
    number = 0
    while True:
        number += 1
        chosen: list[Fault] = []
        for _ in range(chance.randint(*at_once)):
            if not deck:
                deck = list(faults)
                chance.shuffle(deck)
            taken = {group for fault in chosen for group in fault.group.split()}
            mixes = (
                each for each in deck if taken.isdisjoint(each.group.split()) and not (chosen and each.alone)
            )
            fault = next(mixes, None)
            if fault is None:
                break
            deck.remove(fault)
            chosen.append(fault)
            if fault.alone:
                break
        parts = tuple(
            Part(
                fault.name,
                0.0 if i == 0 else round(chance.uniform(0.0, _BEGINS_WITHIN_S), 3),
                round(chance.uniform(*fault.seconds), 3),
                chance.randrange(2**31),
            )
            for i, fault in enumerate(chosen)
        )
        yield Round(number, parts, round(chance.uniform(*CALM_S), 3))
