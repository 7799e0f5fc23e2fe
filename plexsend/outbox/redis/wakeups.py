"""Learning at once of a lane that became due before its account's next sweep, and of a change in the fleet.

A nudge carries nothing and may be lost: the next sweep finds the lane anyway. So waiting here only makes the
wait shorter.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from redis.client import PubSub

    from plexsend.outbox.redis.store import Store


FLEET = ""
"""What is returned where the nudge is of no account: a process announced something, or a lane is new."""
LOOK_FOR_STOP_S = 0.25


class Wakeups:
    """Listens to the fleet, and to the accounts that its process sweeps. For one thread."""

    def __init__(self, store: Store, stop: threading.Event) -> None:
        self._store = store
        self._stop = stop
        self._pubsub: PubSub | None = None
        self._channels: Mapping[str, str] = {}

    def wait(self, accounts: AbstractSet[str], longest_s: float) -> set[str]:
        """Wait for a nudge of one of these accounts or of the fleet, or for the time; return who was nudged.

        A stop ends the wait within a moment. Where Redis does not answer, it waits for the whole time.
        """
        if longest_s <= 0:
            return set()
        try:
            with mapped():
                return self._listen({FLEET, *accounts}, longest_s)
        except OutboxError:
            # The process that sweeps meets the same trouble, and logs it.
            self.close()
        self._stop.wait(longest_s)
        return set()

    def close(self) -> None:
        """Stop listening; a later wait begins again."""
        if self._pubsub is not None:
            with suppress(OutboxError), mapped():
                self._pubsub.close()
        self._pubsub = None
        self._channels = {}

    def _listen(self, accounts: AbstractSet[str], longest_s: float) -> set[str]:
        if self._pubsub is None or set(self._channels.values()) != accounts:
            self.close()
            keys = self._store.keys
            self._channels = {
                keys.nudge(account) if account != FLEET else keys.fleet_nudge: account for account in accounts
            }
            self._pubsub = self._store.client.pubsub()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            self._pubsub.subscribe(*self._channels)
        nudged: set[str] = set()
        until_s = elapsed_s() + longest_s
        # Nudges that came together are returned together.
        while (left_s := until_s - elapsed_s()) > 0 and not self._stop.is_set():
            message = self._pubsub.get_message(timeout=0.0 if nudged else min(left_s, LOOK_FOR_STOP_S))
            if message is None and nudged:
                break
            if message is not None and message["type"] == "message":
                nudged.add(self._channels[text(message["channel"])])
        return nudged
