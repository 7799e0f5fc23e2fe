"""What Redis and the model hold before a call: what the model cannot know without Redis, and is told."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.outbox.form import FORM
from plexsend.outbox.reading import queries
from plexsend.outbox.replies import text
from plexsend.outbox.states import State
from plexsend.settings import Policy
from tests.integration.outbox import told_holds
from tests.integration.outbox.model import MOST_DUE, Model
from tests.integration.outbox.told import Beside

if TYPE_CHECKING:
    from plexsend.outbox.batches import Batch
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

POLICY = Policy(
    rate_per_s=0,
    linger_ms=0,
    connections=4,
    reclaim_s=told_holds.RECLAIM_MS // 1000,
    shut_first_s=told_holds.SHUT_FIRST_MS / 1000,
    shut_longest_s=told_holds.SHUT_LONGEST_MS / 1000,
    credit_hold_s=told_holds.CREDIT_FIRST_MS / 1000,
    credit_hold_longest_s=told_holds.CREDIT_LONGEST_MS / 1000,
)


@dataclass
class Drain:
    """A drain as its worker knows it."""

    name: str
    lane: Lane
    batch: Batch | None = None

    @property
    def process(self) -> str:
        """The process it runs in."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Found:
    """A lane beside another, and whether it is sure that a take looks at it."""

    there: Beside
    sure: bool


class Outlook:
    """Redis and the model side by side, as they are now."""

    def __init__(self, store: Store) -> None:
        self.store = store
        # Records of both forms are side by side: a fleet goes over while those of the older one wait.
        store.client.set(store.keys.format, FORM)
        self.model = Model()
        self._connections: dict[str, int] = defaultdict(lambda: POLICY.connections)
        self._announced: set[Lane] = set()

    # What comes due within one moment comes in the order of its scores, which the model does not know. What
    # this very call accepts late, by a verdict that the model has settled already, is not due any more.
    def _find_due(self, lane: Lane) -> list[str]:
        later = self.store.keys.lane("main", lane.name, "later")
        now_ms = queries.server_ms(self.store)
        due = [text(key) for key in self.store.client.zrangebyscore(later, "-inf", now_ms)]
        known = self.model.messages
        return [key for key in due if key in known and known[key].state is State.SCHEDULED][:MOST_DUE]

    # A lane with a group gives to others while it is among those that wake; the very call may wake it.
    def _find_beside(self, lane: Lane) -> Found | None:
        there = next((each for each in self._announced if each.route == lane.route and each != lane), None)
        if there is None:
            return None
        wake = self.store.keys.lane("main", lane.route.name, "wake")
        is_awake = self.store.client.zscore(wake, there.name) is not None
        return Found(Beside(there, self._find_due(there)), sure=there.is_route or is_awake)

    def _was_looked_at(self, lane: Lane) -> bool:
        mine = {
            key: told.state
            for key, told in self.model.messages.items()
            if told.lane == lane and told.state in (State.SCHEDULED, State.WAITING)
        }
        pipe = self.store.client.pipeline(transaction=False)
        for key in mine:
            pipe.hget(self.store.keys.record("main", key), "s")
        return [text(state) for state in pipe.execute()] != list(mine.values())

    def _has_room(self, drain: Drain, bell: str) -> bool:
        now_ms = queries.server_ms(self.store)
        name = self.store.keys.lane("main", drain.lane.route.name, "drains")
        lease = drain.name if drain.lane.is_route else f"{drain.name}/{drain.lane.group}"
        members = {text(key): score for key, score in _scored(self.store, name)}
        others = [key for key, lapses in members.items() if lapses > now_ms and key != bell]
        return lease in members or len(others) < self._connections[drain.lane.service]

    # So that the end of a hold and a take before it do not happen within one ms of Redis's clock.
    @staticmethod
    def _await_next_ms() -> None:
        time.sleep(0.001)


def _scored(store: Store, name: str) -> list[tuple[bytes, float]]:
    found: Any = store.client.zrange(name, 0, -1, withscores=True)
    return list(found)
