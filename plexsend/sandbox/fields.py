"""The words in which a product's items are described: fields, their kinds, and shapes made of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from plexsend.sandbox.rules import Rule


class Kind(Enum):
    """The JSON type of a field."""

    TEXT = auto()
    TEXTS = auto()
    """An array of strings."""
    EMPTY = auto()
    """The empty string: a field that must be there and is not used."""
    TIME = auto()
    """A string with a time in UTC, written `2020-10-22T02:30:00Z` and in no other form."""
    FLAG = auto()
    """True or false; the strings are TEXT with a pattern."""
    NUMBER = auto()
    OBJECT = auto()
    OBJECTS = auto()
    """An array of objects."""


class Charset(Enum):
    """The encoding in which a field's bytes are counted."""

    UTF_8 = auto()
    EUC_KR = auto()
    """Also refuses every character that EUC-KR lacks."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object and the rules for its value."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    """A missing value, and of a text an empty or blank one, is C400_3 for the whole request."""
    filled: bool = False
    """An optional text may be left out, but not be empty or blank: that is C400_3 too."""
    nullable: bool = False
    """Null is the same as absent; elsewhere null is C400_1."""
    max_bytes: int | None = None
    charset: Charset = Charset.UTF_8
    max_chars: int | None = None
    """Code points."""
    pattern: re.Pattern[str] | None = None
    """Must match the whole value, of an array each element."""
    max_count: int | None = None
    """Of an array: at most this many elements. At least one is always needed."""
    span: tuple[float, float] | None = None
    """Of a number: the smallest and the largest."""
    shape: Shape | None = None
    """Of an object, or of each object of an array: what it holds."""
    code: str = "C400_2"
    """The answer to a value that breaks a rule: a C400 for the whole request, a G code for the item."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one object, and what binds them to each other. It holds no other fields."""

    fields: tuple[Field, ...] = ()
    rules: tuple[Rule, ...] = ()


NOTHING = Shape()
"""The shape of an object without fields."""
