"""Who attends to campaigns: the workers that take their tasks, and beat, which rings for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.beat import beat_signs
from plexsend.outbox.fleet import fleet
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs.reading import campaign_accounts, due_at, live_runs
from plexsend.outbox.runs.states import RunState
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.outbox.beat import BeatSign
    from plexsend.outbox.fleet import FleetProcess
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

FEEDER_REMEDY = "Start a worker that serves the queue `campaigns` (each does unless -Q leaves it out)."
BEAT_REMEDY = "Start one: plexsend beat."


@dataclass(frozen=True, slots=True)
class Attending:
    """Who attends to campaigns now, and what there is to be done."""

    has_campaigns: bool
    """Whether any account has one; otherwise nobody is missed."""
    feeders: int = 0
    """Living processes that take the tasks of campaigns."""
    beats: Sequence[BeatSign] = ()
    """The signs of a day, the latest first."""
    wanting: int = 0
    """Runs that are to be fed, prepared or ended, and starts that are due."""
    waits_ms: int = 0
    """For how long the first of them has waited."""
    planned: int = 0
    """Starts that are planned for later."""

    @property
    def lacks_feeder(self) -> str:
        """What waits because no worker takes the tasks of campaigns, in words; empty where nothing does."""
        if self.feeders or not (self.wanting or self.planned):
            return ""
        found = [counted(self.wanting, "run or start", "runs or starts")] if self.wanting else []
        found += [counted(self.planned, "planned start")] if self.planned else []
        waits = "waits" if self.wanting + self.planned == 1 else "wait"
        return f"no worker serves the queue `campaigns`, for which {' and '.join(found)} of campaigns {waits}"

    @property
    def lacks_beat(self) -> str:
        """That beat is away, in words; empty where one rings, or nobody has campaigns."""
        if not self.has_campaigns or any(sign.lives for sign in self.beats):
            return ""
        seen = "none is known"
        if self.beats:
            seen = f"the one on {self.beats[0].host} rang {span(self.beats[0].silent_ms / 1000)} ago"
        instead = (
            "a worker rings for campaigns in its place" if self.feeders else "nobody rings for campaigns"
        )
        return f"beat is away ({seen}): {instead}"

    def missing(self) -> Iterator[tuple[str, str]]:
        """Yield what is missing, as sentences without a capital, each with its remedy."""
        if self.lacks_feeder:
            yield self.lacks_feeder, FEEDER_REMEDY
        if self.lacks_beat:
            yield self.lacks_beat, BEAT_REMEDY


def read_attending(store: Store, processes: Iterable[FleetProcess] | None = None) -> Attending:
    """Return who attends to campaigns; `processes`: the fleet, where the caller has read it."""
    accounts = campaign_accounts(store)
    if not accounts:
        return Attending(has_campaigns=False)
    now_ms = server_ms(store)
    since: list[int] = []
    planned = 0
    for account in accounts:
        since += filter(None, map(wants_since, live_runs(store, account)))
        due = due_at(store, account).values()
        since += [at_ms for at_ms in due if at_ms <= now_ms]
        planned += sum(at_ms > now_ms for at_ms in due)
    fleet_now = fleet(store) if processes is None else processes
    return Attending(
        has_campaigns=True,
        feeders=sum(each.lives and each.announced.feeds for each in fleet_now),
        beats=beat_signs(store),
        wanting=len(since),
        waits_ms=max((now_ms - at_ms for at_ms in since), default=0),
        planned=planned,
    )


def has_feeder(store: Store) -> bool:
    """Return whether a living worker takes the tasks of campaigns."""
    return any(each.lives and each.announced.feeds for each in fleet(store))


def wants_since(run: Run) -> int:
    """Return since when (ms) a run that ticks look at waits for a worker; 0: it does not. Pure."""
    is_fed = run.state is RunState.RUNNING and run.fed < run.rows
    if not is_fed and not run.prepares and run.state is not RunState.CANCELLED:
        return 0
    # The number of a lease is the µs at which it was given.
    return max(run.until_ms, run.lease // 1000, run.started_ms, run.created_ms, run.why_since_ms)
