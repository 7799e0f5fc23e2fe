"""What the scripts are given as data: constants, flags, transitions, holds, defaults of policies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plexsend.gateway.codes import CODES, Meaning
from plexsend.outbox.constants import given
from plexsend.outbox.flags import Flag
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.states import LIVING, SET_OF, TRANSITIONS, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plexsend.outbox.reasons import HoldRule

NOWHERE = "nowhere"
"""How the scripts write the state of a message that has no record."""

_COMMENT = re.compile(r"--.*")
_NAME = re.compile(r"\b[A-Z][A-Z_]+\b")


def prelude(text: str, rules: Iterable[HoldRule]) -> dict[str, str]:
    """Return the data that a script names, as Lua: name → the line that gives it.

    Args:
        text: The script and its parts.
        rules: The rows of holds.
    """
    text = _COMMENT.sub("", text)
    named = {*_NAME.findall(text)}
    data = {
        "NOWHERE": NOWHERE,
        # One text, which costs a call nothing; tables would be made anew each time.
        "TRANSITIONS": "".join(f" {event}:{a}>{b}" for event in Event for a, b in _targets(event).items()),
        # Of these the gateway says that it had the key before.
        "DUPLICATES": "".join(f" {code.code} " for code in CODES if code.as_item is Meaning.DUPLICATE),
        "SET_OF": {str(state): name for state, name in SET_OF.items()},
        "LIVING": {str(state): True for state in LIVING},
        "HOLDS": [row for rule in rules for row in _rows(rule)],
        "POLICY_DEFAULTS": _defaults(text, rules),
        **given(),
        **{flag.name: flag.value for flag in Flag},
    }
    return {name: f"local {name} = {_lua(value)}" for name, value in data.items() if name in named}


def _targets(event: Event) -> dict[str, str]:
    found = next(row for row in TRANSITIONS if row[0] is event)
    return {str(state or NOWHERE): str(found[2] or NOWHERE) for state in found[1]}


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


# Those alone that the script names, or its holds: each call makes the table anew.
def _defaults(text: str, rules: Iterable[HoldRule]) -> dict[str, str | float]:
    steps = {step for rule in rules for step in (rule.first_step, rule.longest_step)}
    return {
        name: _number_or_text(row.default)
        for name, row in ROWS.items()
        if name in steps or re.search(rf"\b{name}\b", text)
    }


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
    return f"{value:.10g}" if isinstance(value, (int, float)) else f"'{value}'"
