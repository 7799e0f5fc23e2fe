"""Holds: what keeps an account, service, group or lane from sending until a time or a person ends it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.reasons import RULE_OF, Ends, Reason, Scope
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["Hold", "Reason", "Scope", "hold_field", "parse_holds", "pause_json"]


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold of an account."""

    account: str
    scope: Scope
    what: str
    reason: Reason
    since_ms: int
    until_ms: int | None
    """When the next probe may go (or, for `size`, when it ends); None: until a person ends it."""
    step_ms: int
    """What the next doubling starts from; for `size` the largest batch."""
    by: str
    why: str
    probing: bool
    """Whether a probe, one message, is on its way."""

    @property
    def field(self) -> str:
        """The hold's name within its account."""
        return hold_field(self.scope, self.reason, self.what)

    @property
    def is_size(self) -> bool:
        """Whether it only makes batches smaller, with `step_ms` as the largest; nothing waits for it."""
        return RULE_OF[self.reason].is_size

    @property
    def needs_a_person(self) -> bool:
        """Whether only a person ends it."""
        return RULE_OF[self.reason].ends is Ends.BY_PERSON

    @property
    def how_it_ends(self) -> str:
        """What ends it, for people."""
        return RULE_OF[self.reason].how_it_ends

    @property
    def resuming(self) -> str:
        """What resuming it does, for people: the words before the command."""
        return RULE_OF[self.reason].resuming

    @property
    def ending_command(self) -> str:
        """The command with which a person ends it."""
        if command := RULE_OF[self.reason].decided_by:
            return command
        typed = f"group:{self.what} --account {self.account}" if self.scope is Scope.GROUP else self.what
        return f"plexsend resume {typed}"


def hold_field(scope: Scope, reason: Reason, what: str) -> str:
    """Return the field under which a hold is kept in the account's hash."""
    return f"{scope} {reason} {what}"


def pause_json(by: str, why: str, since_ms: int) -> str:
    """Return a pause as the scripts keep it; a pause that is there already keeps its own `since`."""
    return json.dumps(
        {"since": since_ms, "until": 0, "step": 0, "by": by, "why": why, "probe": ""}, ensure_ascii=False
    )


def parse_holds(account: str, fields: Mapping[bytes, bytes]) -> list[Hold]:
    """Return the holds of an account's hash, oldest first."""
    found = (_parse(account, text(name), value) for name, value in fields.items())
    return sorted(filter(None, found), key=lambda hold: (hold.since_ms, hold.field))


def _parse(account: str, name: str, value: bytes) -> Hold | None:
    try:
        scope, reason, what = name.split(" ", 2)
        known = Scope(scope), Reason(reason)
    except ValueError:
        # The scripts do not look at such a field either.
        return None
    facts = _read(value)
    until = number(facts["until"])
    return Hold(
        account=account,
        scope=known[0],
        what=what,
        reason=known[1],
        since_ms=number(facts["since"]),
        until_ms=until or None,
        step_ms=number(facts["step"]),
        by=str(facts["by"]),
        why=str(facts["why"]),
        probing=bool(facts["probe"]),
    )


_UNREADABLE = {"since": "", "until": "", "step": "", "by": "unknown", "probe": ""}
"""A hold that another program spoilt: the scripts hold until a person resumes."""


def _read(value: bytes) -> dict[str, str]:
    try:
        facts = json.loads(value)
        return {name: str(facts[name]) for name in ("since", "until", "step", "by", "why", "probe")}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {**_UNREADABLE, "why": "what is written here cannot be read"}
