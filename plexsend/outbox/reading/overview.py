"""One look at a whole installation: lanes and how fast each goes, workers, holds, when it is over."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.outbox.beat import beat_signs
from plexsend.outbox.fleet import fleet
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.flow import judge_all
from plexsend.outbox.reading.flow_facts import gather
from plexsend.outbox.reading.json_shapes import hold_json, lane_json
from plexsend.outbox.redis.server_state import read_server_state
from plexsend.outbox.states import DEAD, SENT, State
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.beat import BeatSign
    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.reading.flow import FlowSentence, PartFacts
    from plexsend.outbox.reading.queries import LaneView
    from plexsend.outbox.redis.store import Store

LOOK_S = 1.0
"""A pace is that of the time between two looks, which are at least so far apart."""
_ANSWERED = (*SENT, *DEAD, State.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class LaneLook:
    """A lane, and how fast it goes. Counts are messages."""

    view: LaneView
    pace_per_s: float
    """Messages that had an answer, between the last look and this one."""
    rate_per_s: float
    """The most that the policy lets its service send for its account; 0: no limit."""
    holds: tuple[Hold, ...]
    """Those that keep it from sending, the oldest first."""

    @property
    def to_do(self) -> int:
        """How many go now or next."""
        return self.view.ready + self.view.sending

    @property
    def left_s(self) -> float | None:
        """How long they take at this pace; None where nothing goes, or a hold is in the way."""
        return self.to_do / self.pace_per_s if self.to_do and self.pace_per_s and not self.holds else None

    def as_json(self, now_ms: int) -> dict[str, object]:
        """Return it for programs."""
        view = self.view
        return {
            **lane_json(view.lane),
            "ready": view.ready,
            "later": view.later,
            "sending": view.sending,
            "uncertain": view.uncertain,
            "dead": view.dead,
            "pace_per_s": round(self.pace_per_s, 1),
            "rate_per_s": self.rate_per_s,
            "oldest_ready_s": None if view.oldest_ready_ms is None else view.oldest_ready_ms / 1000,
            "holds": [hold.field for hold in self.holds],
            "ends_at": _ends_at(self.left_s, now_ms),
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """What one look saw."""

    now_ms: int
    """Redis's clock."""
    lanes: tuple[LaneLook, ...]
    """The one with the most to do first."""
    parts: tuple[PartFacts, ...]
    holds: tuple[Hold, ...]
    processes: tuple[FleetProcess, ...]
    """Workers, those too that fell silent lately."""
    beat: BeatSign | None
    """The sign of the beat that rang last; None: none did for a day."""
    memory_ratio: float | None
    """How much of its maxmemory Redis uses; None where it has none."""

    @property
    def pace_per_s(self) -> float:
        """How many messages a second go out, each try counted."""
        return sum(part.sent_per_s for part in self.parts)

    @property
    def sentence(self) -> FlowSentence:
        """What is the matter, and what to do."""
        return judge_all(self.parts)

    @property
    def living(self) -> tuple[FleetProcess, ...]:
        """Workers that live."""
        return tuple(process for process in self.processes if process.lives)

    @property
    def to_send(self) -> int:
        """How many messages go now or next, whatever is in their way."""
        return sum(lane.to_do for lane in self.lanes)

    @property
    def scheduled(self) -> int:
        """How many have a time of their own."""
        return sum(lane.view.later for lane in self.lanes)

    @property
    def stuck(self) -> int:
        """How many of those to send wait for a hold, a worker, the morning or a window."""
        return min(self.to_send, sum(map(_kept_back, self.parts)))

    @property
    def left_s(self) -> float | None:
        """How long what goes takes at the pace of now; None where nothing goes."""
        # The lanes were read after the parts, so less is left of them.
        to_do: Counter[tuple[str, str]] = Counter()
        for lane in self.lanes:
            to_do[lane.view.lane.service, lane.view.lane.account] += lane.to_do
        going = (
            (to_do[part.service, part.account] - _kept_back(part), part.sent_per_s) for part in self.parts
        )
        return max((count / per_s for count, per_s in going if count > 0 and per_s > 0), default=None)

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        sentence = self.sentence
        return {
            "at": utc(self.now_ms),
            "to_send": self.to_send,
            "scheduled": self.scheduled,
            "stuck": self.stuck,
            "pace_per_s": round(self.pace_per_s, 1),
            "ends_at": _ends_at(self.left_s, self.now_ms),
            "flow": str(sentence.flow),
            "text": sentence.text,
            "remedy": sentence.remedy or None,
            "workers": len(self.living),
            "hosts": len({process.announced.host for process in self.living}),
            "threads": sum(process.announced.threads for process in self.living),
            "busy": sum(process.busy for process in self.living),
            "gone": len(self.processes) - len(self.living),
            "beat_silent_s": None if self.beat is None else self.beat.silent_ms / 1000,
            "memory_ratio": None if self.memory_ratio is None else round(self.memory_ratio, 3),
            "lanes": [lane.as_json(self.now_ms) for lane in self.lanes],
            "holds": [hold_json(hold) for hold in self.holds],
        }


class Overlook:
    """Looks at everything again and again; a pace is that of the time between two looks.

    Args:
        store: Where the messages are.
        sleep: Waits so many seconds.
        clock: Seconds that always go on.
    """

    def __init__(
        self,
        store: Store,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = elapsed_s,
    ) -> None:
        self._store = store
        self._sleep = sleep
        self._clock = clock
        self._before: tuple[float, dict[str, int]] | None = None

    def look(self) -> Overview:
        """Look, a second or more after the last look began."""
        if self._before is None:
            self._before = self._clock(), _answered(self._views())
        agreed = read_to_show(self._store)
        parts = gather(self._store, agreed, sleep=self._sleep)
        began_s, before = self._before
        self._sleep(max(0.0, began_s + LOOK_S - self._clock()))
        views = self._views()
        now_s, answered = self._clock(), _answered(views)
        self._before = now_s, answered
        holds = queries.holds_anywhere(self._store)
        holds_of: dict[str, list[Hold]] = defaultdict(list)
        for hold in holds:
            holds_of[hold.account].append(hold)
        lanes = [
            LaneLook(
                view,
                # Requeued ones counted before are taken back: a pace is never less than none.
                max(0, answered[view.lane.name] - before.get(view.lane.name, answered[view.lane.name]))
                / max(now_s - began_s, 0.001),
                agreed.of(view.lane.account).service(view.lane.service).rate_per_s,
                tuple(queries.covering([*holds_of[view.lane.account], *holds_of["*"]], view.lane)),
            )
            for view in views
        ]
        server = read_server_state(self._store)
        return Overview(
            now_ms=queries.server_ms(self._store),
            lanes=tuple(sorted(lanes, key=lambda lane: (-lane.to_do, -lane.pace_per_s, lane.view.lane.name))),
            parts=tuple(parts),
            holds=tuple(hold for hold in holds if not hold.is_size),
            processes=tuple(fleet(self._store, queries.held_accounts(self._store))),
            beat=next(iter(beat_signs(self._store)), None),
            memory_ratio=server.memory_ratio if server.most_bytes else None,
        )

    def _views(self) -> list[LaneView]:
        return list(queries.look_at_all(self._store, queries.lanes(self._store)))


def _answered(views: Sequence[LaneView]) -> dict[str, int]:
    return {view.lane.name: sum(view.ever(state) for state in _ANSWERED) for view in views}


def _kept_back(part: PartFacts) -> int:
    return part.quiet + part.outside + (part.held if part.processes else part.waiting)


def _ends_at(left_s: float | None, now_ms: int) -> str | None:
    return None if left_s is None else utc(now_ms + round(left_s * 1000))
