"""Messages of a newer version where no worker of that version is: they step aside, and the others go."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plexsend.gateway.items import get_loader
from plexsend.gateway.stamps import Stamp
from plexsend.outbox.states import State
from plexsend.worker.drain import Surroundings
from tests.integration.worker.room import BULK, Room, ScriptedClient, names

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


def test_they_use_up_no_permits_and_keep_nobody_waiting(store: Store) -> None:
    """At 100 messages/s the thousand in front alone would take ten seconds of permits."""
    room = Room(store, ScriptedClient(), {"PLEXSEND_RATE": "100"})
    own = get_loader("mms-bulk").stamp
    newer = str(Stamp(own.product, own.dialect, own.version + 1, own.fingerprint))
    for part in range(2):
        room.submit(BULK, names(500, f"new{part}"), stamp=newer)
    room.submit(BULK, names(10))
    room.around = Surroundings(lambda: False, lambda: False, room.ring, time.monotonic)
    began = time.monotonic()
    while room.record("k-9").state != State.ACCEPTED:
        room.drain(BULK)
        assert time.monotonic() - began < 8, room.states(BULK)
    assert room.record("new0-0").state == State.SCHEDULED
