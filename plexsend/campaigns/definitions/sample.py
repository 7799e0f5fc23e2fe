"""A sample of a campaign's messages, judged by the gateway's rules: what is wrong with it is wrong in all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plexsend.campaigns.definitions.shape import Cell, shape_of
from plexsend.campaigns.definitions.template import Template
from plexsend.campaigns.recipients.columns import RECEIVER
from plexsend.errors import InvalidItem, Problem, UsageError
from plexsend.gateway.ad_marks import AdMarks
from plexsend.gateway.items import Item, get_loader
from plexsend.gateway.services import get_service
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.producers.advertisements import advertise
from plexsend.producers.beside import beside
from plexsend.producers.fallbacks import judge_fallback, take_fallback
from plexsend.producers.guards import Guards
from plexsend.producers.terms import Terms
from plexsend.settings.number_keys import NumberKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.campaigns.definitions.defined import Definition

_KEY: Final = "sample"
_TO: Final = "01023456789"
_FROM: Final = "0223456789"
_VALUE: Final = "가"
"""Of a variable without a default."""
_UNKNOWN: Final = "is not a field of this message"
_MARKS: Final = AdMarks("가", "0801234567")
"""As short as those of an account can be."""


def problems_of_sample(definition: Definition) -> Iterator[Problem]:
    """Yield what is wrong in every row, whatever it has in its columns.

    What variables and columns are part of is not judged here: each row has its own.
    """
    sample = _Sample(definition)
    try:
        raw = sample.fill(shape_of(definition, lambda _: 0), "")
    except UsageError as exc:
        yield Problem("images", str(exc).rstrip("."), "Leave the others out.")
        return
    for problem in _judge(definition, raw):
        if not sample.is_open(problem.field):
            # What a definition can have is said where a key is not known.
            is_unknown = problem.reason.startswith(_UNKNOWN)
            yield replace(problem, remedy="Leave it out.") if is_unknown else problem


def _judge(definition: Definition, raw: dict[str, Any]) -> Iterator[Problem]:
    terms = Terms(
        definition.service,
        definition.account,
        advertisement=definition.advertisement,
        number_key=NumberKey(_KEY),
    )
    product = get_service(definition.service).product
    item, asked = take_fallback({**raw, RECEIVER: _TO, "msg_key": _KEY})
    marked, advertised = advertise(item, terms, _MARKS)
    yield from advertised.problems
    try:
        get_loader(definition.service).load(marked, default_sender=_FROM, beside=beside(product.name))
    except InvalidItem as exc:
        yield from map(advertised.counted, exc.problems)
    if asked is not None:
        # Judged beside a first that has nothing wrong, so that both are said at once.
        first = Item(_KEY, None, b"", (), (), _TO, _FROM)
        kind = advertised.kind if definition.advertisement else Advertising.NO
        lane = Lane.of(definition.service, None, definition.account, definition.name, kind)
        yield from judge_fallback(asked, first, lane, terms, Guards(marks=_MARKS)).problems


class _Sample:
    """Fills the shape of a campaign, and remembers what was put in."""

    def __init__(self, definition: Definition) -> None:
        self._defaults = definition.defaults
        self._open: set[str] = set()
        """Paths of what variables and columns are part of."""

    def is_open(self, path: str) -> bool:
        """Return whether what is at this path depends on the row."""
        return any(path == each or path.startswith(f"{each}.") for each in self._open)

    def fill(self, value: Any, path: str) -> Any:
        """Return a value of the shape with something in place of columns and variables."""
        # Pictures that are files are judged when they are uploaded.
        if isinstance(value, (Cell, Path)):
            self._open.add(path)
            return _VALUE
        if isinstance(value, str):
            template = Template(value)
            if template.variables:
                self._open.add(path)
            return template.fill({name: self._defaults.get(name) or _VALUE for name in template.variables})
        if isinstance(value, dict):
            return {name: self.fill(inner, f"{path}.{name}".lstrip(".")) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner, f"{path}.{place}") for place, inner in enumerate(value)]
        return value
