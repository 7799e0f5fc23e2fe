"""Holds: what keeps an account, service or lane from sending until a time or a person ends it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Scope(StrEnum):
    """What a hold covers."""

    ACCOUNT = "account"
    SERVICE = "service"
    LANE = "lane"


class Reason(StrEnum):
    """Why a hold stands, which says how it ends."""

    PAUSE = "pause"
    CREDIT = "credit"
    AUTH = "auth"
    FAULT = "fault"
    SHUT = "shut"
    SIZE = "size"


HOW_IT_ENDS = {
    Reason.PAUSE: "a person resumes it",
    Reason.CREDIT: (
        "one message probes at the next time; the first that is accepted ends it, "
        "resuming the account ends it at once"
    ),
    Reason.AUTH: "correct the secret, then resume the account",
    Reason.FAULT: "correct the gateway's address or report the answer, then resume the lane",
    Reason.SHUT: "one message probes at the next time; the first answer ends it",
    Reason.SIZE: "ends by itself; until then batches are smaller, nothing waits",
}


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
    """Whether one message is on its way to find out."""

    @property
    def field(self) -> str:
        """The hold's name within its account."""
        return hold_field(self.scope, self.reason, self.what)


def hold_field(scope: Scope, reason: Reason, what: str) -> str:
    """Return the field under which a hold stands in the account's hash."""
    return f"{scope} {reason} {what}"


def pause_json(by: str, why: str, since_ms: int) -> str:
    """Return a pause as the scripts keep it; a pause that stands keeps its own `since`."""
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
        # The scripts look at no such field either.
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
        return {**_UNREADABLE, "why": "what stands here cannot be read"}
