"""What a rule says when it refuses a value. Never holds the value itself."""

from __future__ import annotations

from dataclasses import dataclass

from plexsend.errors import Problem


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value cannot be sent and what to do about it, before it is known which field held the value."""

    reason: str
    remedy: str

    def at(self, field: str) -> Problem:
        """Return this as the problem of `field`."""
        return Problem(field, self.reason, self.remedy)


def name_character(character: str) -> str:
    """Return `U+2013 (–)`, or the code point alone where printing the character would show nothing."""
    code_point = f"U+{ord(character):04X}"
    return f"{code_point} ({character})" if character.isprintable() and character != " " else code_point
