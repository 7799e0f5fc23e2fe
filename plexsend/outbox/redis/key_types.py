"""The type that each key of the outbox has: what another program put in its place has another.

What the scripts can make anew they put aside as `spoilt:<key>` when they meet it; what only a person can
decide on they name, and touch nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RENAME_AWAY = "redis-cli RENAME KEY old.KEY"
"""How a person puts such a key away: the new name does not begin with the prefix, so nothing meets it."""

OF_FLEET: Mapping[str, str] = {
    "lanes": "set",
    "format": "string",
    "older": "hash",
    "accounts": "set",
    "held": "set",
    "pauses": "hash",
    "policy": "hash",
    "policy:history": "list",
    "alive": "hash",
    "fleet": "hash",
    "salt": "string",
    "walk": "hash",
    "events": "list",
    "told": "hash",
    "notifier": "string",
    "doors": "hash",
    "strays": "list",
    "unread": "list",
    "receipts:unread": "hash",
    "metrics": "hash",
    "campaigns": "set",
    "beat": "hash",
}
"""What follows the prefix → type."""

OF_ACCOUNT: Mapping[str, str] = {
    "policy": "hash",
    "here": "string",
    "lanes": "hash",
    "routes": "set",
    "ended": "list",
    "holds": "hash",
    "closed": "hash",
    "kinds": "hash",
    "suppressed": "hash",
    "suppressing": "list",
    "unanswered": "hash",
    "eased": "hash",
    "wake": "zset",
    "wake:routes": "set",
    "urls": "hash",
    "refused": "hash",
    "sweep": "hash",
    "forgotten": "hash",
    "receipts": "hash",
    "results": "stream",
    "stats": "hash",
    "readers": "set",
    "pictures": "hash",
    "overdue": "zset",
    "cancelled": "hash",
    "campaigns": "hash",
    "due": "zset",
    "runs": "zset",
    "live": "set",
    "windows": "hash",
}
"""What follows the account → type. Without `procs`, a text on purpose once older programs are gone."""

OF_LANE: Mapping[str, str] = {
    "later": "zset",
    "ready": "zset",
    "sending": "zset",
    "uncertain": "zset",
    "dead": "zset",
    "drains": "zset",
    "takes": "hash",
    "counts": "hash",
    "ended": "list",
    "wake": "zset",
    "wake:held": "zset",
}
"""What follows a lane, or a route, → type."""

OF_SERVICE: Mapping[str, str] = {
    "rate": "string",
    "line": "zset",
    "line:groups": "zset",
    "fair": "hash",
    "day": "string",
}
"""What follows a service → type."""

OF_MESSAGE: Mapping[str, str] = {"b": "string", "m": "hash", "h": "list", "f": "string"}
"""What precedes a message's key → type."""

OF_IMPORT: Mapping[str, str] = {"import": "hash"}
"""What precedes an import's name → type."""

OF_DAY: Mapping[str, str] = {"stats": "hash"}
"""What precedes a day, YYYYMMDD → type."""

OF_BUCKET: Mapping[str, str] = {"suppressed": "hash", "advertised": "hash"}
"""What precedes the number of a bucket → type."""

OF_READER: Mapping[str, str] = {"readers": "hash", "replay": "stream"}
"""What precedes a reader's name → type."""

OF_RUN: Mapping[str, str] = {"run": "hash", "fates": "string"}
"""What precedes the group of a run of a campaign → type."""

LEFT_TO_A_PERSON = {
    "OF_FLEET": frozenset({"lanes", "format", "accounts", "held", "pauses", "policy", "salt", "campaigns"}),
    "OF_ACCOUNT": frozenset(
        {
            "policy",
            "lanes",
            "holds",
            "closed",
            "kinds",
            "suppressed",
            "campaigns",
            "due",
            "runs",
            "live",
            "windows",
        }
    ),
    "OF_RUN": frozenset(OF_RUN),
}
"""Keys that cannot be made anew: what holds, what is in force, what was closed, what groups hold, by which
numbers records name their lanes, and what is known of campaigns."""


def listed() -> Mapping[str, str]:
    """Return the tables for the scripts: `<name>=<type>` each, with `!` behind what is left to a person.

    Of `here` they only ask whether it is there.
    """
    tables = {
        "FLEET_KEYS": (OF_FLEET, LEFT_TO_A_PERSON["OF_FLEET"]),
        "ACCOUNT_KEYS": (OF_ACCOUNT, LEFT_TO_A_PERSON["OF_ACCOUNT"]),
        "LANE_KEYS": (OF_LANE, frozenset[str]()),
        "SERVICE_KEYS": (OF_SERVICE, frozenset[str]()),
        "RUN_KEYS": (OF_RUN, LEFT_TO_A_PERSON["OF_RUN"]),
    }
    return {
        name: " ".join(f"{key}={kind}{'!' * (key in left)}" for key, kind in table.items() if key != "here")
        for name, (table, left) in tables.items()
    }


def is_begun_anew(name: str) -> bool:
    """Return whether scripts put aside what another program wrote there; `name`: without the prefix."""
    _, of_account, rest = name.partition("}:")
    if of_account:
        found = _NAMED.match(rest)
        return rest not in LEFT_TO_A_PERSON["OF_ACCOUNT"] and (not found or found[1] in OF_READER)
    return name not in LEFT_TO_A_PERSON["OF_FLEET"]


_OF_NAMED = {**OF_MESSAGE, **OF_IMPORT, **OF_READER, **OF_BUCKET, **OF_RUN}
_NAMED = re.compile(rf"({'|'.join(_OF_NAMED)}):.")
_DAY = re.compile(rf"({'|'.join(OF_DAY)}):\d{{8}}")
_LANE = re.compile(r"[^:]+@[^:]+:(.+)")
_SERVICE = re.compile(r"[a-z0-9-]+:(.+)")


def type_in_account(name: str) -> str | None:
    """Return the type of the key of an account with this name behind the account; None: not a key of ours."""
    if found := _NAMED.match(name):
        return _OF_NAMED[found[1]]
    if name in OF_ACCOUNT:
        return OF_ACCOUNT[name]
    if found := _DAY.fullmatch(name):
        return OF_DAY[found[1]]
    if found := _LANE.fullmatch(name):
        return OF_LANE.get(found[1])
    if found := _SERVICE.fullmatch(name):
        return OF_SERVICE.get(found[1])
    return None
