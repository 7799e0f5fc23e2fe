"""An item while it is being judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.errors import Problem


class Draft(dict[str, Any]):
    """What the caller gave, and what judging it found besides errors.

    marshmallow hands the whole input to every field, so the findings ride on the input itself: a schema is
    shared by all threads and can hold nothing of a single item.
    """

    __slots__ = ("replace", "replacements", "warnings")

    def __init__(self, given: Mapping[str, Any], *, replace: bool = False) -> None:
        super().__init__(given)
        self.replace = replace
        self.warnings: list[Problem] = []
        self.replacements: list[Problem] = []
