"""A run as people see it: what became of its rows, its pace, its end, and why it is not through yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns.forecasting import Forecast, Look
from plexsend.campaigns.reading.counting import row_counts
from plexsend.campaigns.reading.standing import standing
from plexsend.campaigns.reasons import reasons
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs.states import OVER
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from plexsend.campaigns.reading.counting import RowCounts
    from plexsend.campaigns.reading.standing import Standing
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.outbox.runs.states import RunState

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class RunView:
    """A run at one moment. Times are ms since 1970, None where there is none."""

    run: Run
    standing: Standing
    counts: RowCounts
    at_ms: int
    """Redis's clock."""
    starts_at_ms: int | None = None
    ends_at_ms: int | None = None
    """When it ended, or is likely to."""
    pace_per_s: float = 0.0
    """Rows that went a second, lately; 0 where none did, and in the first seconds of a run."""
    why: tuple[str, ...] = ()
    """Why it is not through yet, a sentence each."""
    deleted_at_ms: int | None = None
    """When its recipients will be deleted, or were."""

    @property
    def state(self) -> RunState:
        """The state, also where a person steered its group."""
        return self.standing.state

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is fed any more."""
        return self.run.state in OVER

    @property
    def to_go(self) -> int:
        """Rows that may still be sent."""
        return self.counts.to_go

    def as_json(self) -> dict[str, object]:
        """Return what programs read of it; times are ISO 8601 in UTC."""
        counts = self.counts
        return {
            "name": self.run.name,
            "run": self.run.number,
            "label": self.run.label or None,
            "state": str(self.state),
            "rows": counts.rows,
            "added": counts.added,
            "scheduled": counts.scheduled,
            "waiting": counts.waiting,
            "sending": counts.sending,
            "accepted": counts.accepted,
            "delivered": counts.delivered,
            "undelivered": counts.undelivered,
            "unknown": counts.unknown,
            "rejected": counts.rejected,
            "failed": counts.failed,
            "expired": counts.expired,
            "cancelled": counts.cancelled,
            "uncertain": counts.uncertain,
            "suppressed": counts.suppressed,
            "left_out": counts.left_out,
            "fallback": counts.fallback,
            "starts_at": utc(self.starts_at_ms),
            "ends_at": utc(self.ends_at_ms),
            "pace_per_s": round(self.pace_per_s, 1),
            "why": " ".join(self.why) or None,
        }


def view_run(store: Store, run: Run, *, explains: bool = False, before: RunView | None = None) -> RunView:
    """Return a run as it is now.

    Args:
        store: Where it is.
        run: The run, as it was read.
        explains: Whether to look why it is not through. It takes a second or more where something moves.
        before: An earlier view, from which the pace follows; None: it is that since the run began.

    Shortly after its start a pace says nothing of the end: none is given, and the end is as it was planned.
    """
    first = before or (view_run(store, run) if explains else None)
    seen = standing(store, run)
    why = tuple(reasons(store, run, seen, first.counts)) if explains and first is not None else ()
    counts, now_ms = row_counts(store, run.account, run), server_ms(store)
    then = None if first is None else Look(first.counts, first.at_ms)
    forecast = Forecast(store, run, seen.state, Look(counts, now_ms), then)
    return RunView(
        run=run,
        standing=seen,
        counts=counts,
        at_ms=now_ms,
        starts_at_ms=run.started_ms or run.starts_ms or None,
        ends_at_ms=forecast.ends_at_ms(),
        pace_per_s=forecast.pace_per_s,
        why=why,
        deleted_at_ms=_deleted_at(store, run),
    )


def _deleted_at(store: Store, run: Run) -> int | None:
    if run.dropped_ms:
        return run.dropped_ms
    if run.state not in OVER or not run.ended_ms:
        return None
    days = int(read_to_show(store).of(run.account).account_wide("campaign_keep_days"))
    return run.ended_ms + days * _DAY_MS
