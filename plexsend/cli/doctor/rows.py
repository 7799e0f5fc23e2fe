"""One row of `plexsend doctor`: what was looked at, how it is, why that matters, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How it is."""

    OK = "ok"
    DOUBTFUL = "doubtful"
    """It works, or may; a person should know."""
    WRONG = "wrong"
    """A promise is broken, or nothing goes."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """The result of one look."""

    grade: Grade
    what: str
    """One or two words."""
    found: str
    """What was seen, with figures; no secret."""
    why: str = ""
    """Why it matters; empty where nothing is the matter."""
    remedy: str = ""
    """What to do, as a sentence."""


def ok(what: str, found: str) -> CheckRow:
    """Return a row about which nothing needs to be done."""
    return CheckRow(Grade.OK, what, found)


def doubtful(what: str, found: str, why: str, remedy: str) -> CheckRow:
    """Return a row that a person should know of."""
    return CheckRow(Grade.DOUBTFUL, what, found, why, remedy)


def wrong(what: str, found: str, why: str, remedy: str) -> CheckRow:
    """Return a row that somebody must mend."""
    return CheckRow(Grade.WRONG, what, found, why, remedy)


def unknown(what: str, found: str, remedy: str) -> CheckRow:
    """Return a row for what the other side does not say: nothing is guessed."""
    return doubtful(what, f"not known: {found}", "", remedy)
