"""A row of the table: what is claimed, and how it is measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.rounds import Figure


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    folder: Path
    """For data and logs, empty."""
    rounds: int = 5
    quick: bool = False
    """Whether runs are cut short: the figures show only that the harness works."""
    log: Callable[[str], None] = field(default=print)

    def size(self, full: int) -> int:
        """Return how many messages a run has: `full`, or a tenth where it should be quick."""
        return max(full // 10, 1000) if self.quick else full

    def seconds(self, full: float) -> float:
        """Return how long a run takes: `full`, or a quarter where it should be quick."""
        return max(full / 4, 3.0) if self.quick else full


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of targets."""

    name: str
    """As `--only` takes it."""
    what: str
    """For people."""
    target: str
    measure: Callable[[Plan], Sequence[Figure]]
    long: bool = False
    """Whether it takes minutes a round; `--quick` leaves it out unless it is named."""
