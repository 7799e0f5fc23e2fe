"""Finding the columns that a campaign needs among those that its recipients have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.recipients.columns import CONSENT_AT, NIGHT_CONSENT, RECEIVER, Heading
from plexsend.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAP = "Name the one that is meant under [mapping]"


class ColumnFinder:
    """Finds columns, and notes everything that is wrong with them.

    Args:
        mapping: Field or variable → its column, where a person named one.
        header: The names of the columns.
    """

    def __init__(self, mapping: Mapping[str, str], header: Sequence[str]) -> None:
        self._mapping = mapping
        self.heading = Heading(header)
        self._problems: dict[Problem, None] = {}
        self._variables: dict[str, int | None] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong so far, each once."""
        return tuple(self._problems)

    @property
    def variables(self) -> Mapping[str, int | None]:
        """The variables that were looked for, with their columns."""
        return self._variables

    def receiver(self) -> int | None:
        """Return the column of the numbers that are written to."""
        if RECEIVER in self._mapping:
            return self.mapped(RECEIVER)
        found = self.heading.receivers()
        if len(found) == 1:
            return found[0]
        remedy = f'{_MAP}, as in {RECEIVER} = "휴대폰번호". The first row must name the columns.'
        if found:
            several = ", ".join(repr(self.heading.names[place]) for place in found)
            self._note(RECEIVER, f"several columns may hold the numbers: {several}", remedy)
        else:
            had = self.heading.shown()
            self._note(
                RECEIVER, f"no column of the recipients is called as one of numbers; they have {had}", remedy
            )
        return None

    def night_consent(self) -> int | None:
        """Return the column that says who agreed to advertisements at night; None: there is not one."""
        return self._beside(NIGHT_CONSENT, self.heading.night_consents())

    def consent(self) -> int | None:
        """Return the column that says since when somebody agrees; None: there is not one."""
        return self._beside(CONSENT_AT, self.heading.consents())

    def variable(self, name: str) -> int | None:
        """Return the column of a variable."""
        if name not in self._variables:
            if name in self._mapping:
                found = self.mapped(name)
            else:
                found = self._only(f"#{{{name}}}", name, self.heading.places(name))
            self._variables[name] = found
        return self._variables[name]

    def mapped(self, field: str) -> int | None:
        """Return the column that the mapping names for a field or variable."""
        column = self._mapping[field]
        return self._only(f"mapping.{field}", column, self.heading.places(column))

    def _beside(self, field: str, found: Sequence[int]) -> int | None:
        if field in self._mapping:
            return self.mapped(field)
        if len(found) > 1:
            names = ", ".join(repr(self.heading.names[place]) for place in found)
            self._note(field, f"several columns are called like it: {names}", f"{_MAP}.")
        return found[0] if len(found) == 1 else None

    def _only(self, field: str, column: str, places: Sequence[int]) -> int | None:
        if len(places) == 1:
            return places[0]
        if places:
            reason = f"the recipients have {len(places)} columns {column!r}"
            self._note(field, reason, "Give each column a name of its own.")
            return None
        near = self.heading.near(column)
        meant = f"Did you mean {near}? " if near else ""
        self._note(
            field,
            f"the recipients have no column {column!r}; they have {self.heading.shown()}",
            f"{meant}Give a column that name. {_MAP}."
            if not field.startswith("mapping.")
            else f"{meant}Correct it.",
        )
        return None

    def _note(self, field: str, reason: str, remedy: str) -> None:
        self._problems[Problem(field, reason, remedy)] = None
