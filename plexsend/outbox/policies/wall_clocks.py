"""In which zone people read times: that of the policy time_zone, on whatever machine they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.policies.midnights import find_zone
from plexsend.outbox.policies.state import read_to_show
from plexsend.terminal.moments import WallClock

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def clock_of(store: Store, *accounts: str) -> WallClock:
    """Return what shows times of these accounts; of none: in the zone that holds for a new one.

    A screen has one zone: where the accounts have several, it is UTC, as where this machine does not know
    theirs.
    """
    agreed = read_to_show(store)
    zones = {agreed.of(account).zone for account in accounts or ("",)}
    return WallClock(find_zone(zones.pop()) if len(zones) == 1 else None)
