"""Problems that are alike: they differ in a number alone, such as a position or a length."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.errors import Problem

_NUMBER = re.compile(r"(?<![\w+])\d[\d,]*")
"""Not the code of a character: U+1F600 is another one than U+1F601."""


@dataclass(slots=True)
class AlikeProblems:
    """Problems that are alike."""

    example: Problem
    """The one that most rows have."""
    rows: int = 0
    """That have one of them."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """The reason for people; where they differ, of the most common one."""
        return self.example.reason + (" (or alike)" if len(self.problems) > 1 else "")


def alike(problems: Mapping[Problem, int]) -> list[AlikeProblems]:
    """Return problems, with how many rows have each, as kinds; that of the most rows first."""
    found: dict[tuple[str, str, str], AlikeProblems] = {}
    for problem in sorted(problems, key=lambda each: -problems[each]):
        kind = (problem.field, problem.written, _NUMBER.sub("#", problem.reason))
        same = found.setdefault(kind, AlikeProblems(problem))
        same.rows += problems[problem]
        same.problems.append(problem)
    return sorted(found.values(), key=lambda each: -each.rows)
