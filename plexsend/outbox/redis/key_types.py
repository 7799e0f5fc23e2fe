"""The type of every key, and which of them can be made anew.

Another program can put something else where a key belongs. What the scripts can make anew they put aside as
`spoilt:<key>` when they meet it; what only a person can decide on they name, and touch nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LEFT = "!"
"""Behind the type of a key that cannot be made anew: what holds, what is in force, what was closed, and by
which numbers records name their lanes."""

TYPES: Mapping[str, tuple[str, ...]] = {
    "FLEET_KEYS": (
        "lanes=set!",
        "format=string!",
        "older=hash",
        "accounts=set!",
        "held=set!",
        "pauses=hash!",
        "policy=hash!",
        "policy:history=list",
        "alive=hash",
        "fleet=hash",
        "salt=string!",
        "events=list",
        "told=hash",
        "notifier=string",
    ),
    "ACCOUNT_KEYS": (
        "policy=hash!",
        "lanes=hash!",
        "routes=set",
        "ended=list",
        "holds=hash!",
        "closed=hash!",
        "eased=hash",
        "wake=zset",
        "wake:routes=set",
        "urls=hash",
        "refused=hash",
        "sweep=hash",
    ),
    "LANE_KEYS": (
        "later=zset",
        "ready=zset",
        "sending=zset",
        "uncertain=zset",
        "dead=zset",
        "counts=hash",
        "ended=list",
    ),
    "ROUTE_KEYS": ("drains=zset", "takes=hash", "counts=hash", "wake=zset", "wake:held=zset"),
    "SERVICE_KEYS": ("rate=string", "line=zset", "line:groups=zset", "fair=hash", "day=string"),
}
"""Behind the prefix, the account, a lane, its route, its service → `<name>=<type>` of each key."""

MESSAGE_KEYS = {"b": "string", "m": "hash", "h": "list"}
"""What the key of a message begins with → its type. One that is spoilt spoils its message alone."""
