"""Rules between the fields of one object, each of which describes itself as data for the fingerprint."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from plexsend.gateway.refusals import Refusal
from plexsend.gateway.schemas.unknown_fields import ITSELF

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


class Relation(Protocol):
    """A rule that holds between the fields of an object."""

    def rule(self) -> Mapping[str, Any]:
        """Return the whole rule, as data."""
        ...

    def judge(self, values: Mapping[str, Any], refused: Collection[str]) -> Iterator[tuple[str, Refusal]]:
        """Yield what is wrong, by the name of the field that it is about.

        Args:
            values: Fields that have a value, each fit to be sent by itself.
            refused: Fields whose value is refused already: they are there, but are refused only once.
        """
        ...


@dataclass(frozen=True, slots=True)
class OneShape:
    """The object has one of several shapes, and never parts of two.

    A shape is a set of fields. Every field of it is needed, unless `any_part` says that one is enough.
    """

    shapes: tuple[tuple[str, ...], ...]
    hint: str
    """What to give, as a sentence."""
    any_part: bool = False

    def rule(self) -> Mapping[str, Any]:
        """Return the shapes."""
        return {"kind": "OneShape", "shapes": self.shapes, "any_part": self.any_part}

    def judge(self, values: Mapping[str, Any], refused: Collection[str]) -> Iterator[tuple[str, Refusal]]:
        """Yield what is missing or too much."""
        parts = [[name for name in shape if name in values or name in refused] for shape in self.shapes]
        begun = [place for place, names in enumerate(parts) if names]
        if not begun:
            yield ITSELF, Refusal(f"holds none of {_list(self.shapes)}", self.hint)
        elif len(begun) > 1:
            both = " and ".join(parts[place][0] for place in begun)
            yield ITSELF, Refusal(f"holds {both}, which exclude each other", self.hint)
        elif not self.any_part:
            for name in self.shapes[begun[0]]:
                if name not in parts[begun[0]]:
                    yield name, Refusal("is missing", self.hint)


@dataclass(frozen=True, slots=True)
class NeededWith:
    """A field that must be there where another has a certain value."""

    field: str
    other: str
    value: str
    reason: str
    """Why, in words that follow "is missing: "."""
    hint: str

    def rule(self) -> Mapping[str, Any]:
        """Return which field is needed when."""
        return {"kind": "NeededWith", "field": self.field, "other": self.other, "value": self.value}

    def judge(self, values: Mapping[str, Any], refused: Collection[str]) -> Iterator[tuple[str, Refusal]]:
        """Yield the field if it is missing."""
        there = self.field in values or self.field in refused
        if not there and values.get(self.other) == self.value:
            yield self.field, Refusal(f"is missing: {self.reason}", self.hint)


@dataclass(frozen=True, slots=True)
class Later:
    """A time that is after another; both are written so that their texts sort as the times do."""

    field: str
    than: str

    def rule(self) -> Mapping[str, Any]:
        """Return the two fields."""
        return {"kind": "Later", **asdict(self)}

    def judge(
        self,
        values: Mapping[str, Any],
        refused: Collection[str],  # noqa: ARG002 - the signature is shared
    ) -> Iterator[tuple[str, Refusal]]:
        """Yield the later time if it is not later."""
        if self.than in values and self.field in values and values[self.field] <= values[self.than]:
            yield self.field, Refusal(f"is not after {self.than}", f"Give a time after {self.than}.")


def _list(shapes: tuple[tuple[str, ...], ...]) -> str:
    return ", ".join(name for shape in shapes for name in shape)
