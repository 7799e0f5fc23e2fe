"""The fields of a reader's hash, for those who only look at it: `scripts/_reader.lua` lists them.

What the scripts cannot read is not read here either: they put such a reader aside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.constants import LARGEST_NUMBER, MOST_OF_A_SPAN
from plexsend.outbox.replies import number
from plexsend.outbox.results.entries import REBUILT, ms_of
from plexsend.outbox.results.spans import Missed

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPAN = "span:"
_MISSED = "missed:"
_PLACE = re.compile(r"(\d+-\d+) (\d+) (\d+-\d+)")
_BEGAN = re.compile(r"(\d+-\d+) (\d+) (\d+)")
_GIVEN = re.compile(r"(\d+-\d+) (\d+) \d+ \d+ .*", re.DOTALL)
_LOSS = re.compile(r"(\d+-\d+) (\d+) ([a-z]+)\|[^\n]*\n.*", re.DOTALL)
_ID = re.compile(r"\d{1,15}-(\d{1,20})")
_PARTS = 2**64
"""The second part of an id is below that."""


@dataclass(frozen=True, slots=True)
class ReaderFields:
    """Where a reader is, what processes have of it, and what it missed."""

    cursor: str
    rank: int
    began_ms: int
    used_ms: int
    spans: Mapping[str, int]
    """Of each span that is out, by its first id, how many entries it has."""
    missed: tuple[Missed, ...]
    has_replay: bool
    strange: int
    """Entries of another program that it left out."""


def read_fields(fields: Mapping[str, str]) -> ReaderFields:
    """Return what the fields of a reader say; raises ValueError where another program spoilt one."""
    cursor, rank, sure = _match(_PLACE, fields.get("at", ""))
    began, began_ms, since_ms = _match(_BEGAN, fields.get("began", ""))
    for each in (cursor, sure, began):
        _check_id(each)
    _whole(since_ms)
    return ReaderFields(
        cursor=cursor,
        rank=_whole(rank),
        began_ms=_whole(began_ms),
        used_ms=number(fields.get("used")),
        spans={
            name.removeprefix(_SPAN): _entries_of(name.removeprefix(_SPAN), value)
            for name, value in fields.items()
            if name.startswith(_SPAN)
        },
        missed=tuple(
            _loss(name.removeprefix(_MISSED), value)
            for name, value in fields.items()
            if name.startswith(_MISSED)
        ),
        has_replay="side" in fields,
        strange=number(fields.get("strange", "").partition(" ")[0]),
    )


def _entries_of(first: str, value: str) -> int:
    last, n = _match(_GIVEN, value)
    _check_id(first.removeprefix(REBUILT))
    _check_id(last)
    if int(n) > MOST_OF_A_SPAN:
        raise ValueError(value)
    return int(n)


def _loss(begin: str, value: str) -> Missed:
    end, n, why = _match(_LOSS, value)
    _check_id(begin)
    _check_id(end)
    return Missed(ms_of(begin), ms_of(end), _whole(n), why)


def _match(pattern: re.Pattern[str], value: str) -> tuple[str, ...]:
    found = pattern.fullmatch(value)
    if found is None:
        raise ValueError(value)
    return found.groups()


def _check_id(written: str) -> None:
    found = _ID.fullmatch(written)
    if found is None or int(found[1]) >= _PARTS:
        raise ValueError(written)


def _whole(written: str) -> int:
    if int(written) >= LARGEST_NUMBER:
        raise ValueError(written)
    return int(written)
