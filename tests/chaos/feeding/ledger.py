"""What the gateway saw, by its own ledger."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ACCEPTED = "C100"


@dataclass(slots=True)
class Told:
    """The requests of a ledger."""

    keys_to: dict[str, set[str]] = field(default_factory=dict)
    """Number → keys under which it was written to, or was to be."""
    accepted: Counter[str] = field(default_factory=Counter)
    """Key → how often it was accepted."""
    accepted_to: Counter[str] = field(default_factory=Counter)
    """Number → how often a message to it was accepted, whatever its key."""
    asked: Counter[str] = field(default_factory=Counter)
    """Key → in how many requests it was."""

    @property
    def twice(self) -> list[str]:
        """The numbers that were written to more than once."""
        return [number for number, times in self.accepted_to.items() if times > 1]


def request_times(path: Path, offset: int = 0) -> list[float]:
    """Return when the requests behind this place of a ledger came, seconds since 1970."""
    with path.open("rb") as file:
        file.seek(offset)
        whole = file.read().rpartition(b"\n")[0]
    return [json.loads(line)["at"] for line in whole.splitlines()]


def read_ledger(path: Path) -> Told:
    """Read a ledger; the line that is being written counts with the next look."""
    told = Told()
    whole = path.read_bytes().rpartition(b"\n")[0]
    for line in whole.splitlines():
        entry = json.loads(line)
        for key, to, code in zip(entry["keys"], entry["to"], entry["codes"], strict=True):
            number = to.replace("-", "")
            told.keys_to.setdefault(number, set()).add(key)
            told.asked[key] += 1
            told.accepted[key] += code == _ACCEPTED
            told.accepted_to[number] += code == _ACCEPTED
    return told
