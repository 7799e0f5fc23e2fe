"""A mutation: one promise broken on purpose in one place, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The tree that this file stands in."""

PROMISES = {
    1: "what was added ends in exactly one final state, or parked by name",
    2: "the counts add up",
    3: "nothing is sent twice unless its first request was uncertain; with `park`, never",
    4: "no second grants more than the rate and two batches",
    5: "a batch never mixes lanes, never exceeds ten, and is full under backlog",
    6: "one bad item fails no neighbour, nothing is guessed, no outage costs attempts",
    7: "no body, number or secret in any log or error text",
    8: "memory is bounded",
    9: "each result goes to each reader at least once, or the reader is told what it missed",
}
"""The promises by their numbers, in short."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One row of the table of mutations."""

    name: str
    promise: int
    what: str
    """What the code does once it is broken so, in words."""
    file: str
    """Below the root."""
    old: str
    """Stands exactly once in the file."""
    new: str
    caught_by: tuple[str, ...]
    """Node ids as pytest knows them, without parameters. Every one of them must fail."""

    def apply(self, root: Path) -> str:
        """Break the file below this root and return its text as it was.

        Raises ValueError where `old` does not stand there once.
        """
        path = root / self.file
        text = path.read_text("utf-8")
        found = text.count(self.old)
        if found != 1:
            raise ValueError(
                f"{self.name}: the text to break stands {found} times in {self.file}, not once. "
                "The code has changed: write the mutation anew."
            )
        path.write_text(text.replace(self.old, self.new), "utf-8")
        return text
