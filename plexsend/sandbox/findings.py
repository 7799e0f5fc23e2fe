"""What is found to be wrong with an item: the code, where, and why, without a word of the item itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The first rule that an item breaks."""

    code: str
    field: str
    """The way to it from the item (`msg.body.title`); empty for the object that was judged itself."""
    reason: str

    @property
    def whole(self) -> bool:
        """Whether the code speaks for the whole request."""
        return self.code.startswith("C")

    def within(self, parent: str) -> Finding:
        """Return the same, seen from the object that holds the judged one as `parent`."""
        return Finding(self.code, f"{parent}.{self.field}" if self.field else parent, self.reason)
