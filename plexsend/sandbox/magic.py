"""Receiver numbers with a fixed outcome, so that a person or a test can ask for one from outside.

They all have the form of a mobile number (010-9999-xxxx) and pass every check; any other number is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Effect(Enum):
    """What a magic number does."""

    CODE = auto()
    """The item is answered with the code and not accepted."""
    WHOLE = auto()
    """The whole request is answered with the status and code; nothing in it is accepted."""
    MISSING = auto()
    """The item is accepted and left out of the answer."""
    DOUBLED = auto()
    """The item is accepted and answered twice: once so, once with the code."""
    RESET = auto()
    """The request is accepted and its connection reset instead of an answer."""


@dataclass(frozen=True, slots=True)
class Magic:
    """One magic number."""

    receiver: str
    effect: Effect
    meaning: str
    code: str | None = None
    status: int = 200


_TABLE = (
    Magic("01099990110", Effect.CODE, "the item is answered G110", "G110"),
    Magic("01099990140", Effect.CODE, "the item is answered G140", "G140"),
    Magic("01099990141", Effect.CODE, "the item is answered G141", "G141"),
    Magic("01099990142", Effect.CODE, "the item is answered G142", "G142"),
    Magic("01099990150", Effect.CODE, "the item is answered G150, whatever the credit", "G150"),
    Magic("01099990341", Effect.CODE, "the item is answered C341, which nobody can explain", "C341"),
    Magic("01099997103", Effect.CODE, "the item is answered 71003, though its key is new", "71003"),
    Magic("01099990400", Effect.WHOLE, "the whole request is answered HTTP 400 with C400_2", "C400_2", 400),
    Magic("01099990429", Effect.WHOLE, "the whole request is answered HTTP 429", None, 429),
    Magic("01099990500", Effect.WHOLE, "the whole request is answered HTTP 500 with C500_1", "C500_1", 500),
    Magic("01099990503", Effect.WHOLE, "the whole request is answered HTTP 503", None, 503),
    Magic("01099990997", Effect.DOUBLED, "the item is accepted and answered twice: C100 and G141", "G141"),
    Magic("01099990998", Effect.RESET, "the request is accepted and its connection reset"),
    Magic("01099990999", Effect.MISSING, "the item is accepted and missing from the answer"),
)

MAGIC = {magic.receiver: magic for magic in _TABLE}
"""Every magic number by itself."""
