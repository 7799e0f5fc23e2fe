"""What a person asks of a run: pause, go on, cancel, another time, another rate.

Each can be asked again, and goes on where it was interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns.feeds.rewinds import note_lost
from plexsend.campaigns.reading.finding import find_campaign
from plexsend.campaigns.reading.standing import standing
from plexsend.errors import NotPossible
from plexsend.outbox import groups, steer
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.run import group_of, parse_run
from plexsend.outbox.runs.states import OVER, RunState

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.groups import GroupCancelled, GroupRescheduled, Report
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Campaign, Run
    from plexsend.outbox.runs.steps import StepDone


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """What became of a run that was cancelled."""

    changed: bool
    """False: it was cancelled before."""
    messages: GroupCancelled
    """Those that were fed and had not gone."""


@dataclass(frozen=True, slots=True)
class RunRescheduled:
    """What became of a run that was given another time."""

    state: RunState
    at_ms: int | None
    """None: now."""
    messages: GroupRescheduled
    """Those that were fed and had not gone."""


def pause(store: Store, run: Run, *, by: str, why: str = "") -> StepDone:
    """Keep a run from feeding and sending until somebody resumes it. Raises NotPossible where it is over."""
    _require_open(store, run, "be paused")
    return steps.pause(store, run.account, run.group, by=by, why=why)


def resume(store: Store, run: Run) -> StepDone:
    """Let a run go on that was paused, also where its group was (`plexsend pause group:NAME~3`).

    Raises NotPossible where it was cancelled, itself or its group.
    """
    _require_open(store, run, "go on")
    done = steps.resume(store, run.account, run.group)
    # A person may have held the group, or it beside the run.
    released = steer.release(store, Scope.GROUP, run.group, account=run.account)
    return steps.StepDone(done.changed or bool(released), done.state)


def cancel(
    store: Store, run: Run, root: Path, *, by: str, why: str = "", report: Report | None = None
) -> RunCancelled:
    """End a run at once, then cancel all of it that was fed and has not gone.

    Nothing is fed or sent from the first call on; what is being sent then ends as it ends. Raises NotPossible
    for a run that is done. `root`: the folder of campaigns, which knows what Redis may have forgotten.
    """
    done = steps.cancel(store, run.account, run.group, by=by, why=why)
    note_lost(store, root, run.group, run.account)
    messages = groups.cancel(store, run.account, run.group, by=by, why=why, report=report)
    steps.finish(store, run.account, run.group)
    return RunCancelled(done.changed, messages)


def cron_of(store: Store, written: str, account: str | None) -> Campaign | None:
    """Return the campaign that is written NAME where it has a cron; None: it has none, or NAME/3 is meant."""
    name, number = parse_run(written)
    campaign = find_campaign(store, name, account) if number is None else None
    return campaign if campaign is not None and campaign.cron else None


def has_open_run(store: Store, campaign: Campaign) -> bool:
    """Return whether the latest run of a campaign is there and not over."""
    run = reading.run(store, campaign.account, group_of(campaign.name, campaign.last))
    return run is not None and run.state not in OVER


def reschedule(store: Store, run: Run, at_ms: int, *, report: Report | None = None) -> RunRescheduled:
    """Give a run another time (0, or one that has passed: now), and what was fed of it too.

    Raises NotPossible where it is over, is a draft, or would expire before.
    """
    _require_open(store, run, "have another time")
    if run.expires_ms and at_ms >= run.expires_ms:
        raise NotPossible(
            f"The run {run.written} expires at that time or before: nothing of it would be sent. "
            "Give an earlier time, or create it anew with a later expires_at."
        )
    now_ms = server_ms(store)
    is_now = at_ms <= now_ms
    if run.state is RunState.PAUSED or not is_now:
        # A paused one may have had another time, which counts no more, also where it was missed.
        state = steps.reschedule(store, run.account, run.group, max(at_ms, now_ms)).state
    if is_now:
        state = steps.start(store, run.account, run.group).state
    messages = groups.reschedule(store, run.account, run.group, at_ms, report=report)
    if run.state is RunState.PAUSED and is_now:
        # A person may have held the group beside the run.
        steer.release(store, Scope.GROUP, run.group, account=run.account)
    elif run.state is RunState.PAUSED:
        # Only now: before, what waits of it would have gone at once.
        steps.release_group(store, run.account, run.group)
    return RunRescheduled(state, None if is_now else at_ms, messages)


def set_rate(store: Store, run: Run, per_s: float | None) -> None:
    """Set how many messages of a run go a second at most, also of those fed before; None: as many as go."""
    if run.state in OVER:
        raise NotPossible(f"The run {run.written} is over: it has no rate any more.")
    steps.set_rate(store, run.account, run.group, per_s)


def _require_open(store: Store, run: Run, asked: str) -> None:
    seen = standing(store, run)
    if seen.closing is not None and run.state not in OVER:
        raise NotPossible(
            f"The run {run.written} cannot {asked}: its group was cancelled by {seen.closing.by}. "
            f"`plexsend campaign cancel {run.written}` ends the run too; "
            f"`plexsend resume group:{run.group} --account {run.account}` opens the group again."
        )
