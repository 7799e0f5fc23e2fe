"""What the fleet decides about an account's secrets: it is held while no process has one that may be good."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.outbox.arguments import STEER
from plexsend.outbox.holds import Reason, Scope, hold_field, pause_json
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

BY_THE_FLEET = "plexsend"
"""By whom such a hold is."""


def hold_secrets(store: Store, account: str, why: str, was: str) -> bool:
    """Hold an account because no process of the fleet has a good secret; return whether this is new.

    `was`: the hold as it is kept, or nothing. One that an older program began stays as it is.
    """
    if was and (not _is_of_the_fleet(was) or _why(was) == why):
        return False
    value = pause_json(BY_THE_FLEET, why, server_ms(store))
    field = hold_field(Scope.ACCOUNT, Reason.AUTH, account)
    store.run(Script.STEER, account, STEER.write(act="hold", subject=field, text=value, is_early=0))
    return not was


def trust_secrets(store: Store, account: str, was: str) -> bool:
    """End such a hold, unless it has changed meanwhile or is not the fleet's; return whether it ended."""
    if not _is_of_the_fleet(was):
        return False
    field = hold_field(Scope.ACCOUNT, Reason.AUTH, account)
    reply = store.run(Script.STEER, account, STEER.write(act="lift", subject=field, text=was, is_early=0))
    return text(reply[0]) == "lifted"


def _is_of_the_fleet(hold: str) -> bool:
    return _fact(hold, "by") == BY_THE_FLEET


def _why(hold: str) -> str:
    return _fact(hold, "why")


def _fact(hold: str, name: str) -> str:
    with suppress(ValueError, TypeError, AttributeError):
        return str(json.loads(hold).get(name))
    return ""
