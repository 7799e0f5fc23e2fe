"""Columns: which fields of a service's items a table may hold, and how a header is judged."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from plexsend.gateway.items import SCHEMAS
from plexsend.gateway.receipt_codes import Family, family_of
from plexsend.gateway.services import get_service
from plexsend.producers.beside import beside
from plexsend.producers.fallbacks import FALLBACK, FALLBACK_SERVICES
from plexsend.producers.files.headings import KOREAN, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KEY = "msg_key"

_OBJECT_KIND = "Object"
"""Kind of the gateway's fields whose own fields are columns, with dots between the names."""

_LIST_KINDS = frozenset({"ImageUrls"})
"""Kinds that hold several texts; in a table they are separated by `|`."""

_JSON_KINDS = frozenset({"Entries"})
"""Kinds that hold several objects; in a table they are written as JSON."""

_TEXT_KINDS = frozenset({"EucKrText", "Characters", "Utf8Text", "Unused"})
"""Kinds that hold what a person reads: blanks at its ends may be meant."""

_MANY_DIGITS = re.compile(r"[0-9]{5}")

_LONGEST_NAME = 40
"""Characters of a column's name that are shown."""

_MOST_SHOWN = 20
"""Sentences about single columns of one header; a line of 1 MB may hold half a million names."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one product, by the names of its fields; `msg.body.title` is a field of a field."""

    known: tuple[str, ...]
    required: tuple[str, ...]
    """`msg_key` is not among them: a row without one gets one."""
    lists: frozenset[str]
    """Columns whose cells hold several texts."""
    json: frozenset[str] = frozenset()
    """Columns whose cells hold JSON."""
    key_column: str | None = None
    """The column that tells rows apart, which may be none of the service's."""
    trimmed: frozenset[str] = frozenset()
    """Columns in whose cells blanks at the ends mean nothing."""

    def named(self, heading: str) -> str:
        """Return the column that a heading names: itself, or what people call it in Korean."""
        if heading == self.key_column:
            return heading
        column = KOREAN.get(plain(heading), heading)
        return column if column in self.known else heading


def columns_of(
    service: str, msg_type: str | None = None, *, has_sender: bool = False, key_column: str | None = None
) -> Columns:
    """Return the columns of a service's items; UsageError if there is no such service.

    With a `msg_type` that holds for the whole table no column for it is required. `has_sender`: whether a row
    without a sender gets one. `key_column`: a column that tells rows apart, which may be one beside theirs.
    """
    product = get_service(service).product
    leaves = list(_leaves(SCHEMAS[product.name]().rules()))
    spared = {KEY} if msg_type is None else {KEY, product.variant_field}
    if has_sender:
        spared.add("sender_number")
    instead = _columns_of_fallbacks(product.name)
    known = (*(leaf.name for leaf in leaves), *_beside(product.name), *(leaf.name for leaf in instead))
    required = tuple(leaf.name for leaf in leaves if leaf.required and leaf.name not in spared)
    if key_column is not None:
        known = known if key_column in known else (*known, key_column)
        required = required if key_column in required else (*required, key_column)
    return Columns(
        known=known,
        required=required,
        key_column=key_column,
        lists=frozenset(leaf.name for leaf in (*leaves, *instead) if leaf.kind in _LIST_KINDS),
        json=frozenset(leaf.name for leaf in leaves if leaf.kind in _JSON_KINDS),
        trimmed=frozenset(leaf.name for leaf in (*leaves, *instead) if leaf.kind not in _TEXT_KINDS),
    )


def fields_of(service: str) -> frozenset[str]:
    """Return the names of a service's fields that are columns, those inside others with dots."""
    product = get_service(service).product.name
    own = (*_leaves(SCHEMAS[product]().rules()), *_columns_of_fallbacks(product))
    return frozenset((*(leaf.name for leaf in own), *_beside(product)))


def _beside(product: str) -> tuple[str, ...]:
    """Return the columns for what is said of an item and does not go on the wire, but for fallbacks."""
    return tuple(name for name in beside(product) if name != FALLBACK)


def _columns_of_fallbacks(product: str) -> list[_Leaf]:
    """Return the columns of what is sent where a message of this product reaches nobody."""
    if family_of(product) is not Family.RCS:
        return []
    service_column = _Leaf(f"{FALLBACK}.service", "Text", required=False)
    found = {service_column.name: service_column}
    for service in FALLBACK_SERVICES:
        rules = SCHEMAS[get_service(service).product.name]().rules()
        for leaf in _leaves(rules, f"{FALLBACK}.", required=False):
            if leaf.name != f"{FALLBACK}.{KEY}":
                found.setdefault(leaf.name, leaf)
    return list(found.values())


class _Leaf(NamedTuple):
    """A field that is a column."""

    name: str
    kind: str
    required: bool


def _leaves(rules: Mapping[str, Any], before: str = "", *, required: bool = True) -> Iterator[_Leaf]:
    """Yield the columns that fields of these rules make; an object that may be left out requires nothing."""
    for name, rule in rules.items():
        needed = required and rule["required"]
        if rule["kind"] == _OBJECT_KIND:
            yield from _leaves(rule["fields"], f"{before}{name}.", required=needed)
        else:
            yield _Leaf(before + name, rule["kind"], needed)


def judge_header(header: Sequence[str], columns: Columns | None) -> list[str]:
    """Return everything that is wrong with a header, as sentences; nothing where it is right.

    Without `columns` every name is right that is not empty and is there once.
    """
    if columns is None:
        return _first(_find_nameless(header), _find_doubled(header))
    known = set(columns.known)
    if not known & set(header):
        return [_name_none(header, columns), *_first(_find_unknown(header, columns, sure=False))]
    if columns.key_column is not None and columns.key_column not in header:
        return [_name_no_key_column(header, columns.key_column)]
    missing = [name for name in columns.required if name not in header]
    found = _first(_find_nameless(header), _find_unknown(header, columns, sure=True), _find_doubled(header))
    if missing:
        found.append(f"The required column {_join(missing)} is missing.")
    return found


def _first(*sentences: Iterator[str]) -> list[str]:
    found = list(islice(chain.from_iterable(sentences), _MOST_SHOWN + 1))
    return [*found[:_MOST_SHOWN], "More is wrong with its columns."] if len(found) > _MOST_SHOWN else found


def _name_none(header: Sequence[str], columns: Columns) -> str:
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and set(header[0].split(separator)) & set(columns.known):
            return f"Its columns are separated by {name}. Separate them by commas."
    return (
        "The first line names no known column; it must be the header. "
        f"Known are {', '.join(columns.known)}; required are {', '.join(columns.required)}."
    )


def _name_no_key_column(header: Sequence[str], wanted: str) -> str:
    near = get_close_matches(wanted, header, n=1)
    meant = f" Did you mean {_show(near[0], header.index(near[0]) + 1)}?" if near else ""
    return f"There is no column {_show(wanted, 0)}, which --key-column (key_column) names.{meant}"


def _find_unknown(header: Sequence[str], columns: Columns, *, sure: bool) -> Iterator[str]:
    """Yield a sentence for each column that is nearly known, and one for all others.

    Args:
        header: The columns' names.
        columns: What they may be.
        sure: Whether this is a header at all. In a file without one the first line holds numbers and text,
            so only a name much like a known one is shown.
    """
    others: list[str] = []
    for place, name in enumerate(header, start=1):
        if not name or name in columns.known:
            continue
        near = get_close_matches(re.sub(r"[\s-]+", "_", name.lower()), columns.known, n=1)
        if near:
            yield f"Column {_show(name, place)} is not known: did you mean {near[0]}?"
        elif len(others) == _MOST_SHOWN:
            others.append("and more")
            break
        else:
            others.append(_show(name, place))
    if others and sure:
        # Lists of customers have columns of their own, and what is known is long: said once for all of them.
        which, it = ("Column", "it") if len(others) == 1 else ("Columns", "them")
        be = "is" if len(others) == 1 else "are"
        yield f"{which} {', '.join(others)} {be} not known: remove {it}, or use {', '.join(columns.known)}."


def _find_nameless(header: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(header, start=1):
        if not name:
            yield f"Column number {place} has no name: name it, or remove it."


def _find_doubled(header: Sequence[str]) -> Iterator[str]:
    for name, times in Counter(header).items():
        if times > 1 and name:
            yield f"Column {_show(name, header.index(name) + 1)} is there {times} times."


def _show(name: str, place: int) -> str:
    if _MANY_DIGITS.search(name) or len(name) > _LONGEST_NAME:
        return f"number {place}"
    return repr(name)


def _join(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
