"""Watching: the lanes and holds as they are, how fast each lane goes, and which holds came and went."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.outbox.holds import Reason
from plexsend.outbox.reading import queries
from plexsend.outbox.states import FINAL, SENT, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.reading.queries import LaneView
    from plexsend.outbox.redis.store import Store

_PACE_OVER_S = 2.0
"""The pace is that of the last two seconds: shorter and it flickers, longer and it lags."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in one look."""

    at_s: float
    """Monotonic."""
    now_ms: int
    """Redis's clock."""
    lanes: tuple[LaneView, ...]
    holds: tuple[Hold, ...]
    """Those that keep something from sending."""

    def count(self, *states: State) -> int:
        """Return how many messages are in these states, over all lanes."""
        return sum(view.counts.get(f"s:{state}", 0) for view in self.lanes for state in states)

    def answered(self, code: str) -> int:
        """Return how often a message was answered with this code."""
        return sum(view.counts.get(f"c:{code}", 0) for view in self.lanes)

    @property
    def accepted(self) -> int:
        """How many messages the gateway has accepted."""
        return self.count(*SENT)

    @property
    def fallbacks(self) -> int:
        """How many fallbacks were sent: messages beside those that were submitted."""
        return sum(view.counts.get("fallbacks", 0) for view in self.lanes)

    @property
    def sent(self) -> int:
        """How many messages went out in requests, each counted as often as it went."""
        return sum(view.counts.get("fill", 0) for view in self.lanes)

    @property
    def ended(self) -> int:
        """How many messages have ended, one way or another."""
        return self.count(*FINAL)


@dataclass(frozen=True, slots=True)
class SeenHold:
    """A hold from its beginning to its end."""

    hold: Hold
    """As it was first seen."""
    ended_ms: int | None = None
    """None while it lasts."""
    by_operator: bool = False
    """Whether a person released it."""

    def lasted_s(self, now_ms: int) -> float:
        """Return how long it lasted, or has lasted until now."""
        return max(0.0, ((self.ended_ms or now_ms) - self.hold.since_ms) / 1000)


class Watch:
    """Looks at an account's lanes and remembers what changes."""

    def __init__(self, store: Store, account: str, *, clock: Callable[[], float] = elapsed_s) -> None:
        self._store = store
        self._account = account
        self._clock = clock
        self._seen: dict[tuple[str, int], SeenHold] = {}
        self._sent: deque[tuple[float, dict[str, int]]] = deque()
        self._operator = False

    @property
    def holds(self) -> list[SeenHold]:
        """All holds that were ever seen, in the order of their beginnings."""
        return sorted(self._seen.values(), key=lambda seen: (seen.hold.since_ms, seen.hold.field))

    def look(self) -> tuple[Sight, list[SeenHold]]:
        """Look once; return what is there, and the holds that began or ended since the last look."""
        lanes = [lane for lane in queries.lanes(self._store) if lane.account == self._account]
        standing = tuple(hold for hold in queries.holds(self._store, self._account) if not hold.is_size)
        sight = Sight(
            at_s=self._clock(),
            now_ms=queries.server_ms(self._store),
            lanes=tuple(queries.look_at_all(self._store, lanes)),
            holds=standing,
        )
        self._note_pace(sight)
        return sight, self._note_holds(sight)

    def operator_acts(self) -> None:
        """Note that a person now releases the holds on the account."""
        for key, seen in self._seen.items():
            if seen.ended_ms is None and seen.hold.reason is Reason.CREDIT:
                self._seen[key] = replace(seen, by_operator=True)

    def pace_per_s(self, lane: str) -> float:
        """Return how many messages a second went out on a lane in the last seconds."""
        if len(self._sent) < 2:  # noqa: PLR2004  a pace needs two looks
            return 0.0
        (first_s, first), (last_s, last) = self._sent[0], self._sent[-1]
        return (last.get(lane, 0) - first.get(lane, 0)) / max(last_s - first_s, 0.001)

    def _note_pace(self, sight: Sight) -> None:
        sent = {view.lane.name: view.counts.get("fill", 0) for view in sight.lanes}
        self._sent.append((sight.at_s, sent))
        while sight.at_s - self._sent[0][0] > _PACE_OVER_S:
            self._sent.popleft()

    def _note_holds(self, sight: Sight) -> list[SeenHold]:
        changed = []
        standing = {(hold.field, hold.since_ms): hold for hold in sight.holds}
        for key, hold in standing.items():
            if key not in self._seen:
                self._seen[key] = SeenHold(hold)
                changed.append(self._seen[key])
        for key, seen in self._seen.items():
            if seen.ended_ms is None and key not in standing:
                self._seen[key] = replace(seen, ended_ms=sight.now_ms)
                changed.append(self._seen[key])
        return changed
