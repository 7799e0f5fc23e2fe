"""The languages of a report."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """What a report is written in."""

    KOREAN = "ko"
    ENGLISH = "en"

    def choose(self, english: str, korean: str) -> str:
        """Return the words of this language."""
        return korean if self is Language.KOREAN else english
