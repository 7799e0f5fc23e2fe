"""Why a run is not through yet, a sentence for each cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.plans.room import with_room
from plexsend.outbox.holds import Reason, Scope
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.policies.wall_clocks import clock_of
from plexsend.outbox.reading.flow_facts import gather
from plexsend.outbox.reading.group_why import explain_group
from plexsend.outbox.reading.groups import groups
from plexsend.outbox.reading.queries import holds, server_ms
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.attending import FEEDER_REMEDY, has_feeder
from plexsend.outbox.runs.states import RunState
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.campaigns.reading.counting import RowCounts
    from plexsend.campaigns.reading.standing import Standing
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run
    from plexsend.terminal.moments import WallClock

_LEFT_ALONE_MS = 12_000
"""Without a feeder for so long: a worker rings where no beat has for ten seconds."""
_OWN_CAUSES = ("closed", "paused")
"""Causes of a group that the state of its run says better."""
_IN_HAND = ("sending", "uncertain", "dead")
"""Causes that say nothing of what waits."""


def _has_room(store: Store, run: Run) -> bool:
    return run.group in with_room(store, run.account, reading.live_runs(store, run.account))


def reasons(store: Store, run: Run, seen: Standing, counts: RowCounts) -> Iterable[str]:
    """Yield why a run is not through yet; `counts` are those from a moment ago."""
    clock = clock_of(store, run.account)
    yield from _of_state(run, seen, clock)
    if (seen.state is RunState.SCHEDULED or run.prepares) and not has_feeder(store):
        yield f"No worker serves the queue `campaigns` now, without which it does not start. {FEEDER_REMEDY}"
    if seen.state not in (RunState.RUNNING, RunState.SCHEDULED) and not counts.uncertain:
        return
    if counts.to_go:
        yield from _out_of_credit(store, run, counts, clock)
    if (
        seen.state is RunState.RUNNING
        and counts.not_fed > 0
        and _is_left_alone(store, run)
        and _has_room(store, run)
    ):
        yield (
            f"{counted(counts.not_fed, 'row waits', 'rows wait')} to be handed over, and no worker does so: "
            "is one running that serves campaigns (plexsend fleet)?"
        )
    views = [view for view in groups(store, run.account) if view.group == run.group]
    agreed = read_to_show(store)
    parts = gather(store, agreed, wanted=lambda lane: (lane.group, lane.account) == (run.group, run.account))
    causes = [
        cause
        for cause in explain_group(
            run.group, run.account, views, parts, clock, own_rate_per_s=run.rate
        ).causes
        if cause.kind not in _OWN_CAUSES
    ]
    for cause in causes:
        yield f"{cause.count:,} {cause.text}" + ("" if cause.text.endswith(".") else ".")
    if counts.not_fed > 0 and any(cause.kind not in _IN_HAND for cause in causes):
        more = counted(counts.not_fed, "more row waits", "more rows wait")
        yield f"{more} behind them, to be handed over as these go."


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
                f"must cover {counted(counts.to_go, 'message')} of this run. It goes on by itself once "
                "there is credit."
            )
