"""What persons ask for, of Redis and of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox import groups, steer
from plexsend.outbox.holds import Reason, Scope, hold_field
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.groups import lanes_of
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.states import DEAD, State
from plexsend.outbox.steer import Act
from plexsend.settings import OnUncertain
from tests.integration.outbox.outlook import Outlook
from tests.integration.outbox.told_receipts import CODES

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

RELEASABLE = {
    Scope.ACCOUNT: (Reason.PAUSE, Reason.CREDIT, Reason.AUTH),
    Scope.SERVICE: (Reason.PAUSE,),
    Scope.GROUP: (Reason.PAUSE,),
    Scope.LANE: (Reason.PAUSE, Reason.FAULT, Reason.SHUT, Reason.SIZE),
}
POSSIBLE = {
    Act.CANCEL: (State.WAITING, State.SCHEDULED, State.SENDING),
    Act.REQUEUE: DEAD,
    Act.DROP: DEAD,
    Act.ACCEPTED: (State.UNCERTAIN,),
    Act.RESEND: (State.UNCERTAIN,),
    Act.FAILED: (State.UNCERTAIN,),
}


class Persons(Outlook):
    """Redis and the model side by side. Every method asserts that both say the same."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._sent: set[str] = set()
        self._paused_services: set[str] = set()

    def ask(self, act: Act, key: str) -> None:
        """Ask for something for one message."""
        told = self.model.messages.get(key)
        possible = told is not None and told.state in POSSIBLE[act]
        if told is not None and act in (Act.REQUEUE, Act.RESEND) and told.lane.group in self.model.closed:
            possible = False
        assert steer.ask(self.store, "main", key, act).done == possible
        if possible and act is Act.REQUEUE:
            # The gateway refused it for certain, so sending it again is no second sending.
            self._sent.discard(key)
        self.model.steer(act, key)

    def cancel_group(self, group: str, *, interrupted: bool) -> None:
        """Close and cancel a group; `interrupted`: only its first lane is gone through."""
        self.model.closed.add(group)
        lanes = lanes_of(self.store, "main", group)
        told = [self.model.cancel_lane(lane) for lane in (lanes[:1] if interrupted else lanes)]
        if interrupted and lanes:

            def interrupt(*_: int) -> None:
                raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                groups.cancel(self.store, "main", group, by="anna", why="x", report=interrupt)
            return
        done = groups.cancel(self.store, "main", group, by="anna", why="x")
        assert (done.cancelled, done.wanted) == (sum(n for n, _, _ in told), sum(n for _, n, _ in told))
        assert set(done.parked) == {key for _, _, parked in told for key in parked}

    def receive(self, key: str, rank: int) -> None:
        """Let a receipt come, perhaps of a message that nobody knows."""
        take_receipts(self.store, "main", [Receipt(key, CODES[rank])])
        self.model.receive(key, rank)
        # From now on records are kept for longer; the next sweep finds it out by itself within seconds.
        sweep = self.store.keys.sweep("main")
        self.store.client.hdel(sweep, "waits", "unheard")

    def reschedule(self, key: str, in_ms: int) -> None:
        """Give a message another time; 0: now."""
        at_ms = queries.server_ms(self.store) + in_ms if in_ms else 0
        told = self.model.reschedule(key, self.model.now_ms + in_ms if in_ms else 0)
        assert steer.reschedule(self.store, "main", key, at_ms).outcome == told

    def park(self, service: str, *, parks: bool) -> None:
        """Set what becomes of what may have been sent, as a person does."""
        value = OnUncertain.PARK if parks else OnUncertain.RESEND
        put(self.store, Where(service), {"on_uncertain": value}, by="anna", reason="x")
        (self.model.parking.add if parks else self.model.parking.discard)(service)

    def limit_connections(self, service: str, most: int) -> None:
        """Set the most requests at once, as a person does; those under way go on."""
        put(self.store, Where(service), {"connections": most}, by="anna", reason="x")
        self._connections[service] = most

    def pause(self, scope: Scope, what: str) -> None:
        """Pause something."""
        steer.pause(self.store, scope, what, account="main", by="anna", why="x")
        if scope is Scope.SERVICE:
            self._paused_services.add(what)
        if scope is not Scope.SERVICE or self._announced:
            self.model.holds.barred.add(hold_field(scope, Reason.PAUSE, what))

    def resume(self, scope: Scope, what: str) -> None:
        """Resume something."""
        self._await_next_ms()
        steer.resume(self.store, scope, what, account="main")
        self._paused_services.discard(what)
        if scope is Scope.GROUP:
            self.model.closed.discard(what)
        self.model.holds.release(hold_field(scope, reason, what) for reason in RELEASABLE[scope])
