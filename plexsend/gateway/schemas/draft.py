"""An item while it is being judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.errors import Problem
    from plexsend.gateway.refusals import Refusal


class Draft(dict[str, Any]):
    """What the caller gave, and what judging it found besides errors.

    marshmallow hands the whole input to every field, so the findings are kept on that input: a schema is
    shared by all threads and can hold nothing of a single item. An object inside the item is a draft too, and
    its findings are those of the item.
    """

    __slots__ = ("beside", "mend_numbers", "path", "replace", "replacements", "warnings")

    def __init__(
        self,
        given: Mapping[str, Any],
        *,
        replace: bool = False,
        mend_numbers: bool = False,
        beside: tuple[str, ...] = (),
    ) -> None:
        super().__init__(given)
        self.replace = replace
        self.mend_numbers = mend_numbers
        self.beside = beside
        """Names that the caller may give beside the fields, which are taken out before it is judged."""
        self.path = ""
        """The path in front of this object's field names, with a dot at its end."""
        self.warnings: list[Problem] = []
        self.replacements: list[Problem] = []

    def inner(self, given: Mapping[str, Any], name: str) -> Draft:
        """Return the draft of the object that this one holds as `name`."""
        inner = Draft(given, replace=self.replace, mend_numbers=self.mend_numbers)
        inner.path = f"{self.path}{name}."
        inner.warnings = self.warnings
        inner.replacements = self.replacements
        return inner

    def warn(self, field: str, doubt: Refusal) -> None:
        """Note what can be sent but may not be what the caller wants."""
        self.warnings.append(doubt.at(self.path + field))

    def note_replaced(self, field: str, done: Refusal) -> None:
        """Note a replacement that was made."""
        self.replacements.append(done.at(self.path + field))
