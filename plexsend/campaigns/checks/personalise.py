"""Personalising: the cells of a row become the item that its receiver gets."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from plexsend.campaigns.definitions.column_finder import ColumnFinder
from plexsend.campaigns.definitions.shape import Cell, picture, pictures, shape_of, texts_of, variables_of
from plexsend.campaigns.definitions.template import Template, foreign_variables
from plexsend.campaigns.definitions.written import as_key
from plexsend.campaigns.recipients.columns import NIGHT_CONSENT, RECEIVER
from plexsend.campaigns.recipients.mending import mend_number
from plexsend.errors import Problem
from plexsend.producers.files.layout import split_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plexsend.campaigns.definitions.defined import Definition

    Make = Callable[[Sequence[str]], Any]


class Rendered(NamedTuple):
    """One row as its receiver gets it."""

    item: dict[str, Any]
    """As a pipeline of the producers takes it, without `msg_key`."""
    empty: tuple[str, ...]
    """Variables without a value: their cell is empty, and the definition has no default for them."""
    mended: bool
    """Whether a 0 was put back in front of its number, or `.0` taken from its end."""

    def __repr__(self) -> str:
        """Return it without the item, which is somebody's."""
        return f"Rendered(empty={self.empty}, mended={self.mended})"


class Personaliser:
    """Makes items of rows. Cheap for a row: what holds for all of them is made once.

    Args:
        definition: The campaign.
        header: The names of its recipients' columns.
    """

    def __init__(self, definition: Definition, header: Sequence[str]) -> None:
        self._definition = definition
        self._finder = ColumnFinder(definition.mapping, header)
        self.receiver_place = self._finder.receiver()
        """Which column holds the numbers, 0 the first; None: that is not clear."""
        self.night_consent_place = self._finder.night_consent()
        """Which column says who agreed to advertisements at night; None: there is not one."""
        self.consent_place = self._finder.consent()
        """Which column says since when somebody agrees to advertisements; None: there is not one."""
        self._used: dict[tuple[str, int], int] = {}
        """What is read of a row (a variable, or a field of its own, with its column) → its place there."""
        self._receiver = self._use(RECEIVER, self.receiver_place)
        self._fixed: dict[str, Any] = {}
        self._made: list[tuple[str, Make]] = []
        """Field → what makes its value."""
        self._optional: list[tuple[str, int]] = []
        """Field that an empty cell leaves out → where its value is."""
        self._lay_out()
        # With one column an itemgetter returns no tuple: the receiver's is read twice.
        self._take: Make = itemgetter(*(column for _, column in self._used), self.receiver_place or 0)
        defaults = definition.defaults
        self._stand_ins = [
            (name, self._use(f"#{name}", column), defaults.get(name, ""))
            for name, column in self._finder.variables.items()
            if column is not None
        ]
        self._foreign = dict.fromkeys(
            each for text in texts_of(definition) for each in foreign_variables(text)
        )
        self.problems: tuple[Problem, ...] = self._finder.problems
        """Everything that is wrong for every row."""
        self.warnings: tuple[Problem, ...] = tuple(self._doubt())
        """What is doubtful for every row."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of all its texts, each once."""
        return tuple(variables_of(texts_of(self._definition)))

    @property
    def has_foreign_braces(self) -> bool:
        """Whether a text has a variable in braces as another program writes it, which `warnings` name."""
        return any(shown.startswith("{{") for shown, _ in self._foreign)

    def item(self, cells: Sequence[str]) -> Rendered:
        """Return what a row's receiver gets.

        Args:
            cells: Those of the row, as many as the header has.
        """
        values = list(map(str.strip, self._take(cells)))
        empty = self._stand_in(values) if "" in values else ()
        item = self._fixed.copy()
        written = values[self._receiver]
        number = mend_number(written)
        item[RECEIVER] = number
        for field, make in self._made:
            item[field] = make(values)
        for field, place in self._optional:
            if value := values[place]:
                item[field] = value
        return Rendered(item, empty, number is not written)

    def as_written(self, problem: Problem) -> Problem:
        """Return a problem of an item with what the person wrote for its field."""
        column = self.receiver_place
        if problem.field == RECEIVER and column is not None:
            return replace(problem, written=self._finder.heading.names[column])
        return as_key(self._definition, problem)

    def _lay_out(self) -> None:
        """Tell apart what is the same for all rows and what is made for each."""
        for field, value in shape_of(self._definition, self._finder.mapped).items():
            make = self._compile(value)
            if isinstance(value, Cell):
                self._optional.append((field, self._use("", value.column)))
            elif make is None:
                self._fixed[field] = value
            else:
                self._made.append((field, make))
        if self._definition.advertisement and self.night_consent_place is not None:
            self._optional.append((NIGHT_CONSENT, self._use("", self.night_consent_place)))

    def _compile(self, value: object) -> Make | None:
        """Return what makes a value of a row; None: it is the same for all rows."""
        if isinstance(value, Cell):
            at = self._use("", value.column)
            return (lambda values: picture(values[at])) if value.is_picture else itemgetter(at)
        if isinstance(value, str):
            template = Template(value)
            columns = {name: self._finder.variable(name) for name in template.variables}
            # What has no column is a problem of its own, and shows where it is.
            places = {name: self._use(f"#{name}", at) for name, at in columns.items() if at is not None}
            return template.over(places) if places else None
        if isinstance(value, list) and value and isinstance(value[0], Cell) and value[0].is_picture:
            place = self._use("", value[0].column)
            return lambda values: pictures(split_addresses(values[place]) if values[place] else [])
        if isinstance(value, dict):
            makes = list(map(self._compile, value.values()))
            return _make_object(value, makes) if any(makes) else None
        if isinstance(value, list):
            makes = list(map(self._compile, value))
            return _make_list(value, makes) if any(makes) else None
        return None

    def _use(self, what: str, column: int | None) -> int:
        return self._used.setdefault((what, column or 0), len(self._used))

    def _stand_in(self, values: list[str]) -> tuple[str, ...]:
        """Put what stands in for empty cells into the values; return the variables that have none."""
        empty = []
        for name, place, instead in self._stand_ins:
            if not values[place]:
                values[place] = instead
                if not instead:
                    empty.append(name)
        return tuple(empty)

    def _doubt(self) -> Iterator[Problem]:
        found = self._foreign
        for shown, name in found:
            # Percent signs are in every advertisement: they count where there is such a column.
            if not shown.startswith("%") or self._finder.heading.places(name):
                reason = f"{shown} is not a variable here, and goes out as it is"
                yield Problem("text", reason, f"Write #{{{name}}}.")


def _make_object(value: dict[str, Any], makes: Sequence[Make | None]) -> Make:
    parts = [(name, inner, make) for (name, inner), make in zip(value.items(), makes, strict=True)]
    return lambda values: {name: make(values) if make else inner for name, inner, make in parts}


def _make_list(value: list[Any], makes: Sequence[Make | None]) -> Make:
    parts = list(zip(value, makes, strict=True))
    return lambda values: [make(values) if make else inner for inner, make in parts]
