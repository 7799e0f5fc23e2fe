"""Announcing: a lane is made known to the fleet before its first message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.arguments import STEER
from plexsend.outbox.holds import Reason, Scope, hold_field
from plexsend.outbox.policies.state import copy_to
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store


# Account and route are named before their first message, so that no message is where nobody looks.
# A service paused for every account is paused here too. A person's pause is written first, and `lanes` is
# read after it; here it is the other way round, so one of the two always sees the other. A person's
# resume takes the pause away first: a pause that is gone after it was copied was resumed meanwhile, and
# the copy is taken away too.
# The policies are read after the lane is announced, too: a change is written before `lanes` is read.
def announce(store: Store, lane: Lane) -> None:
    """Name the account and the route of a lane, and bring into the account what holds in all of them."""
    keys, client = store.keys, store.client
    with mapped():
        client.sadd(keys.accounts, lane.account)
        client.sadd(keys.lanes, lane.route.name)
    copy_to(store, lane.account)
    with mapped():
        holds, field = keys.holds(lane.account), hold_field(Scope.SERVICE, Reason.PAUSE, lane.service)
        # Read before the pause itself: a copy without a pause was left by a producer that died, or lost
        # Redis, before it could take the copy away.
        copy = client.hget(holds, field)
        pause = client.hget(keys.pauses, lane.service)
        if pause is not None:
            client.hsetnx(holds, field, pause)
            copy = None if client.hexists(keys.pauses, lane.service) else pause
    if copy is not None:
        # Fenced by its text: a pause that was written meanwhile is another one. Early: this may be the
        # account's first submit.
        store.run(Script.STEER, lane.account, STEER.write(act="lift", subject=field, text=copy, is_early=1))
