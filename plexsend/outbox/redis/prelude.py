"""What the scripts are given as data: constants, flags, states, types, holds, defaults of policies."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from plexsend.gateway.codes import CODES, OWN_CODES, Meaning
from plexsend.gateway.services import SERVICES
from plexsend.outbox.constants import given
from plexsend.outbox.fallbacks import (
    FALLBACK_CALLED_BACK,
    FALLBACK_KEPT,
    FALLBACK_MADE,
    FALLBACK_MARK,
    JOINED,
    REACHED,
    UNSENT_CODES,
)
from plexsend.outbox.flags import Flag
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.policies.open_hours import QUIET
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.reasons import Scope
from plexsend.outbox.receipt_events import for_scripts
from plexsend.outbox.redis.key_types import listed
from plexsend.outbox.runs.fates import FATES_BY_WORD, Fate
from plexsend.outbox.runs.states import RUN_TRANSITIONS
from plexsend.outbox.runs.windows import PACE, WINDOW
from plexsend.outbox.states import BY_RECEIPT, LIVING, SENT, SET_OF, TRANSITIONS, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.outbox.reasons import HoldRule

NOWHERE = "nowhere"
"""How the scripts write the state of a message that has no record."""

_COMMENT = re.compile(r"--.*")
_NAME = re.compile(r"\b[A-Z][A-Z_]+\b")


def prelude(text: str, rules: Iterable[HoldRule]) -> dict[str, str]:
    """Return the data that a script names, as Lua: name → the line that gives it.

    What most calls do not need is a text, which costs a call nothing, or a function: a table would be made
    anew by each call.

    Args:
        text: The script and its parts.
        rules: The rows of holds.
    """
    named = {*_NAME.findall(_COMMENT.sub("", text))}
    values = {
        "NOWHERE": NOWHERE,
        "ADVERTISING": Advertising.QUIET.value,
        "QUIET": QUIET,
        "WINDOW": WINDOW,
        "PACE": PACE,
        "FALLBACK_MARK": FALLBACK_MARK,
        "FALLBACK_KEPT": FALLBACK_KEPT,
        "FALLBACK_MADE": FALLBACK_MADE,
        "FALLBACK_CALLED_BACK": FALLBACK_CALLED_BACK,
        "JOINED": JOINED,
        "REACHED": REACHED,
        "UNSENT_CODES": _words(UNSENT_CODES),
        "TRANSITIONS": "".join(f" {event}:{a}>{b}" for event in Event for a, b in _targets(event).items()),
        # Of these the gateway says that it had the key before.
        "DUPLICATES": _words(code.code for code in CODES if code.as_item is Meaning.DUPLICATE),
        # These end a message as cancelled; any other code it has is of an earlier try.
        "KEPT_BACK": _words(code for code, own in OWN_CODES.items() if own.reason),
        "POLICY_DEFAULTS": "".join(f" {name}={default}" for name, default in _policy_defaults()),
        **{f"DEFAULT_{row.name.upper()}": _number_or_text(row.default) for row in ROWS.values()},
        "RUN_STEPS": "".join(
            f" {step}:{state}>{to}" for step, froms, to in RUN_TRANSITIONS for state in froms
        ),
        # The best last, so that the place of a letter is its rank.
        "FATE_RANKS": "".join(reversed(Fate)),
        "FATE_OF": "".join(f" {word}={fate}" for word, fate in FATES_BY_WORD.items()),
        **for_scripts(),
        **listed(),
        **given(),
        **{flag.name: flag.value for flag in Flag},
    }
    lines = {name: f"local {name} = {_lua(value)}" for name, value in values.items()}
    lines |= _states() | _holds([row for rule in rules for row in _rows(rule)])
    return {name: line for name, line in lines.items() if name in named}


# One blank between two: an empty word between blanks is none of them.
def _words(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


def _targets(event: Event) -> dict[str, str]:
    found = next(row for row in TRANSITIONS if row[0] is event)
    return {str(state or NOWHERE): str(found[2] or NOWHERE) for state in found[1]}


def _policy_defaults() -> Iterator[tuple[str, str]]:
    """Yield the policies with their defaults; `<name>:<service>` for a service that has another."""
    for row in ROWS.values():
        yield row.name, row.default
        for service in SERVICES if row.by_product else ():
            if row.default_for(service) != row.default:
                yield f"{row.name}:{service}", row.default_for(service)


def _states() -> dict[str, str]:
    """Return what gives the set of a state, nil for none, and whether a state is among some."""
    sets = "".join(f" {state}={name}" for state, name in SET_OF.items())
    lists = {
        name: "".join(f" {state} " for state in states)
        for name, states in (("LIVING", LIVING), ("SENT", SENT), ("BY_RECEIPT", BY_RECEIPT))
    }
    return {
        "SET_OF": _function("SET_OF(state)", f"string.match('{sets}', ' ' .. (state or '-') .. '=(%l+)')"),
        **{
            name: _function(f"{name}(state)", f"string.find('{listed}', ' ' .. state .. ' ', 1, true) ~= nil")
            for name, listed in lists.items()
        },
    }


def _holds(rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """Return what gives the holds that cover a lane: their fields, their rows, and which an effect begins.

    In front come those that it shares with its route, as many as SHARED_HOLDS says, then the pauses of its
    group and of itself alone.
    """
    shared = [row for row in rows if row["scope"] != Scope.GROUP]
    own = [
        row
        for row in rows
        if row["scope"] == Scope.GROUP or (row["scope"] == Scope.LANE and "begun_by" not in row)
    ]
    shared_fields = _fields(shared, {Scope.ACCOUNT: "account", Scope.SERVICE: "service", Scope.LANE: "route"})
    own_fields = _fields(own, {Scope.GROUP: "group", Scope.LANE: "lane"})
    begins: dict[object, list[int]] = defaultdict(list)
    for place, row in enumerate(shared, 1):
        for cause in ("begun_by", "hinted_by"):
            if cause in row:
                begins[row[cause]].append(place)
    begun_by = "".join(f" {kind}:,{','.join(map(str, places))}," for kind, places in begins.items())
    return {
        "SHARED_HOLDS": f"local SHARED_HOLDS = {len(shared)}",
        "HOLD_FIELDS": _function(
            "HOLD_FIELDS(account, service, route, group, lane)",
            f"group and {{ {shared_fields}, {own_fields} }} or {{ {shared_fields} }}",
        ),
        "HOLD_ROWS": "local hold_rows\nlocal function HOLD_ROWS() "
        f"hold_rows = hold_rows or {_lua([*shared, *own])} return hold_rows end",
        "BEGUN_BY": f"local BEGUN_BY = {_lua(begun_by)}",
    }


def _function(head: str, value: str) -> str:
    return f"local function {head} return {value} end"


def _fields(rows: Iterable[Mapping[str, object]], names: Mapping[Scope, str]) -> str:
    return ", ".join(f"'{row['prefix']}' .. {names[Scope(str(row['scope']))]}" for row in rows)


def _rows(rule: HoldRule) -> Iterator[Mapping[str, object]]:
    """Yield a row for each scope of a rule, without the fields that the rule leaves empty."""
    for scope in rule.scopes:
        row = {
            "prefix": f"{scope} {rule.reason} ",
            "scope": scope,
            "ends": rule.ends,
            "most_at_once": rule.most_at_once,
            "begun_by": rule.begun_by,
            "hinted_by": rule.hinted_by,
            "ended_by": rule.ended_by,
            "first": rule.first_step or None,
            "longest": rule.longest_step or None,
            "lasts_ms": rule.lasts_ms or None,
            "begins_again": rule.begins_again or None,
            "is_decided": bool(rule.decided_by) or None,
        }
        yield {name: value for name, value in row.items() if value is not None}


def _number_or_text(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _lua(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{_lua(str(key))}] = {_lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(_lua, value)) + "}"
    if value is True:
        return "true"
    if isinstance(value, int):
        return str(value)
    return f"{value:.10g}" if isinstance(value, float) else f"'{value}'"
