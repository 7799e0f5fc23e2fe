"""What binds the fields of one object to each other.

A rule judges only an object whose fields are each valid, so that types and forms are certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.sandbox.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class OneOf:
    """The object holds fields of exactly one of these groups; which of them is left to the fields."""

    groups: tuple[tuple[str, ...], ...]

    def judge(self, item: Mapping[str, Any]) -> Finding | None:
        """Return what is wrong, or None."""
        used = sum(any(name in item for name in group) for group in self.groups)
        if used == 1:
            return None
        code, words = ("C400_3", "must hold") if used == 0 else ("C400_2", "must hold only")
        return Finding(code, "", f"{words} {' or '.join(', '.join(group) for group in self.groups)}")


@dataclass(frozen=True, slots=True)
class Needs:
    """A field (or only one value of it) needs another one beside it."""

    name: str
    needed: str
    value: str | None = None
    """None: whatever its value is."""

    def judge(self, item: Mapping[str, Any]) -> Finding | None:
        """Return what is wrong, or None."""
        if self.needed in item or self.name not in item:
            return None
        if self.value is not None and item[self.name] != self.value:
            return None
        beside = self.name if self.value is None else f'{self.name} "{self.value}"'
        return Finding("C400_3", self.needed, f"is missing beside {beside}")


@dataclass(frozen=True, slots=True)
class Later:
    """One time is after another. Both are in UTC and of one width, so that their texts sort as they do."""

    name: str
    than: str

    def judge(self, item: Mapping[str, Any]) -> Finding | None:
        """Return what is wrong, or None."""
        if item[self.name] > item[self.than]:
            return None
        return Finding("C400_2", self.name, f"must be later than {self.than}")


Rule = OneOf | Needs | Later
