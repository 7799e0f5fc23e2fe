"""A run as people see it: what became of its rows, its pace, its end, and why it is not through yet."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.campaigns.plans.room import with_room
from plexsend.campaigns.reading.counting import row_counts
from plexsend.campaigns.reading.standing import standing
from plexsend.outbox.holds import Reason, Scope
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading.flow_facts import gather
from plexsend.outbox.reading.group_why import explain_group
from plexsend.outbox.reading.groups import groups
from plexsend.outbox.reading.queries import holds, server_ms
from plexsend.outbox.reading.quiet import read_quiet
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.attending import FEEDER_REMEDY, has_feeder
from plexsend.outbox.runs.states import OVER, RunState
from plexsend.terminal.moments import utc
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.campaigns.reading.counting import RowCounts
    from plexsend.campaigns.reading.standing import Standing
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.terminal.moments import WallClock

_DAY_MS = 86_400_000
_LEFT_ALONE_MS = 12_000
"""Without a feeder for so long: a worker rings where no beat has for ten seconds."""
_OWN_CAUSES = ("closed", "paused")
"""Causes of a group that the state of its run says better."""


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
    """Rows that went a second, lately."""
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
        return to_go(self.counts)

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


def to_go(counts: RowCounts) -> int:
    """Return how many rows may still be sent."""
    return counts.scheduled + counts.waiting + counts.sending


def gone(counts: RowCounts) -> int:
    """Return how many rows are through: sent, or not to be sent any more."""
    return counts.rows - to_go(counts)


def view_run(store: Store, run: Run, *, explains: bool = False, before: RunView | None = None) -> RunView:
    """Return a run as it is now.

    Args:
        store: Where it is.
        run: The run, as it was read.
        explains: Whether to look why it is not through. It takes a second or more where something moves.
        before: An earlier view, from which the pace follows; None: it is that since the run began.
    """
    first = before or (view_run(store, run) if explains else None)
    seen = standing(store, run)
    why = tuple(_why(store, run, seen, first.counts)) if explains and first is not None else ()
    counts, now_ms = row_counts(store, run.account, run), server_ms(store)
    pace = 0.0 if run.state in OVER else _pace(run, counts, now_ms, first)
    return RunView(
        run=run,
        standing=seen,
        counts=counts,
        at_ms=now_ms,
        starts_at_ms=run.started_ms or run.starts_ms or None,
        ends_at_ms=_end(store, run, seen, _Pace(counts, pace, now_ms)),
        pace_per_s=pace,
        why=why,
        deleted_at_ms=_deleted_at(store, run),
    )


def _pace(run: Run, counts: RowCounts, now_ms: int, before: RunView | None) -> float:
    if before is not None and now_ms > before.at_ms:
        lately = (gone(counts) - gone(before.counts)) / (now_ms - before.at_ms) * 1000
        if lately > 0:
            return lately
    if run.state is not RunState.RUNNING or not run.started_ms or now_ms <= run.started_ms:
        return 0.0
    return max(0, counts.added - to_go(counts) + counts.not_fed) / (now_ms - run.started_ms) * 1000


@dataclass(frozen=True, slots=True)
class _Pace:
    """How fast a run goes at a moment."""

    counts: RowCounts
    per_s: float
    at_ms: int


def _end(store: Store, run: Run, seen: Standing, pace: _Pace) -> int | None:
    if run.state in OVER:
        return run.ended_ms or None
    if seen.state is RunState.SCHEDULED:
        return _planned_end(run)
    if seen.state is not RunState.RUNNING:
        return None
    left = to_go(pace.counts)
    if not left:
        return pace.at_ms
    # What an account is held for says nothing of when it ends.
    if pace.per_s <= 0 or any(hold.scope is Scope.ACCOUNT for hold in holds(store, run.account)):
        return None
    spans = _open_spans(store, run)
    end_ms = _within(spans, pace.at_ms, left / pace.per_s * 1000)
    return min(end_ms, run.expires_ms) if run.expires_ms else end_ms


# Rows with a consent for the night may go before: the end is that of the others.
def _open_spans(store: Store, run: Run) -> Sequence[tuple[int, int]] | None:
    window = reading.windows(store, run.account).get(run.group)
    if not _read_object(run.definition).get("advertisement"):
        return window
    days = read_quiet(store, run.account).spans
    if window is None:
        return days
    both = ((max(a, c), min(b, d)) for a, b in window for c, d in days)
    return sorted((begin, end) for begin, end in both if begin < end)


# What is written of the window reaches some days ahead: beyond, it is as though there were none.
def _within(spans: Sequence[tuple[int, int]] | None, now_ms: int, need_ms: float) -> int:
    at_ms = now_ms
    for begin, end in spans or ():
        if end <= at_ms:
            continue
        at_ms = max(at_ms, begin)
        if at_ms + need_ms <= end:
            break
        need_ms -= end - at_ms
        at_ms = end
    return round(at_ms + need_ms)


# A plan is of the time for which it was made: with another start its end is another one too.
def _planned_end(run: Run) -> int | None:
    plan = _read_object(run.plan)
    starts, ends = plan.get("starts_at_ms"), plan.get("ends_at_ms")
    if not isinstance(starts, int) or not isinstance(ends, int):
        return None
    return ends + max(run.starts_ms - starts, 0)


def _read_object(text: str) -> dict[str, Any]:
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _deleted_at(store: Store, run: Run) -> int | None:
    if run.dropped_ms:
        return run.dropped_ms
    if run.state not in OVER or not run.ended_ms:
        return None
    days = int(read_to_show(store).of(run.account).account_wide("campaign_keep_days"))
    return run.ended_ms + days * _DAY_MS


def _why(store: Store, run: Run, seen: Standing, counts: RowCounts) -> Iterable[str]:
    clock = clock_of(store, run.account)
    yield from _of_state(run, seen, clock)
    if (seen.state is RunState.SCHEDULED or run.prepares) and not has_feeder(store):
        yield f"No worker serves the queue `campaigns` now, without which it does not start. {FEEDER_REMEDY}"
    if seen.state not in (RunState.RUNNING, RunState.SCHEDULED) and not counts.uncertain:
        return
    if to_go(counts):
        yield from _out_of_credit(store, run, counts, clock)
    if (
        seen.state is RunState.RUNNING
        and counts.not_fed > 0
        and _is_left_alone(store, run)
        and run.group in with_room(store, run.account, reading.live_runs(store, run.account))
    ):
        yield (
            f"{counted(counts.not_fed, 'row waits', 'rows wait')} to be handed over, and no worker does so: "
            "is one running that serves campaigns (plexsend fleet)?"
        )
    views = [view for view in groups(store, run.account) if view.group == run.group]
    agreed = read_to_show(store)
    parts = gather(store, agreed, wanted=lambda lane: (lane.group, lane.account) == (run.group, run.account))
    for cause in explain_group(run.group, run.account, views, parts, clock).causes:
        if cause.kind not in _OWN_CAUSES:
            yield f"{cause.count:,} {cause.text}" + ("" if cause.text.endswith(".") else ".")


# Between two slices of feeding nobody has the lease; its number is the microsecond in which it was taken.
# Where much waits nobody feeds for a while: then the workers that would are there.
def _is_left_alone(store: Store, run: Run) -> bool:
    if max(run.started_ms, run.until_ms, run.lease // 1000) + _LEFT_ALONE_MS >= server_ms(store):
        return False
    return not has_feeder(store)


def _of_state(run: Run, seen: Standing, clock: WallClock) -> Iterable[str]:
    name = run.written
    because = f": {seen.why.rstrip('.')}" if seen.why else ""
    by = f" by {seen.by}" if seen.by else ""
    since = f" since {clock.words(seen.since_ms)}" if seen.since_ms else ""
    match seen.state:
        case RunState.DRAFT:
            yield f"It is a draft{because or ': it is being prepared'}."
        case RunState.CHECKED:
            yield f"It is checked, and starts with `plexsend campaign start {name}`."
        case RunState.SCHEDULED:
            yield f"It starts at {clock.words(run.starts_ms)}."
        case RunState.PAUSED:
            yield f"It is paused{since}{by}{because}. `plexsend campaign resume {name}` lets it go on."
        case RunState.CANCELLED:
            yield f"It is cancelled{since}{by}{because}."
        case RunState.RUNNING | RunState.DONE:
            if run.why:
                yield f"{run.why}."


def _out_of_credit(store: Store, run: Run, counts: RowCounts, clock: WallClock) -> Iterable[str]:
    for hold in holds(store, run.account):
        if hold.scope is Scope.ACCOUNT and hold.reason is Reason.CREDIT:
            yield (
                f"The account {run.account} is out of credit since {clock.words(hold.since_ms)}: the credit "
                f"must cover {counted(to_go(counts), 'message')} of this run. It goes on by itself once "
                "there is credit."
            )
