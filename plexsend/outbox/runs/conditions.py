"""The runs of campaigns that operators are notified of: stopped by themselves, or left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.constants import LATE_START_MS
from plexsend.outbox.notices import Condition, NoticeKind
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.attending import FEEDER_REMEDY, read_attending
from plexsend.outbox.runs.run import group_of
from plexsend.outbox.runs.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.attending import Attending
    from plexsend.outbox.runs.run import Run

BY = "plexsend"
"""Who paused a run that no person paused."""


def look_at_runs(store: Store) -> list[Condition]:
    """Return the conditions of the latest run of each campaign, and of who attends to them."""
    latest: dict[str, list[str]] = {}
    for campaign in reading.campaigns(store):
        if campaign.last:
            latest.setdefault(campaign.account, []).append(group_of(campaign.name, campaign.last))
    runs = (run for account, groups in latest.items() for run in reading.runs_named(store, account, groups))
    return [*run_conditions(runs), *attending_conditions(read_attending(store))]


def attending_conditions(attending: Attending) -> Iterator[Condition]:
    """Yield the condition of campaigns that nobody attends to. Pure."""
    # Where all workers are restarted one is back by then.
    if attending.lacks_feeder and attending.waits_ms > LATE_START_MS:
        yield Condition(
            NoticeKind.CAMPAIGN,
            "campaigns without a worker",
            "unattended",
            f"Campaigns do not go on: {attending.lacks_feeder}. {FEEDER_REMEDY} Look: plexsend fleet",
            over="A worker serves the queue `campaigns` again.",
        )


def run_conditions(runs: Iterable[Run]) -> Iterator[Condition]:
    """Yield a condition for each run that waits for a person and was not stopped by one. Pure."""
    for run in runs:
        subject = f"campaign {run.written} of {run.account}"
        if run.state is RunState.PAUSED and run.why_by == BY:
            yield Condition(
                NoticeKind.CAMPAIGN,
                subject,
                "paused",
                f"The run {run.written} of account {run.account} paused by itself: {run.why}. "
                f"It goes on with: plexsend campaign resume {run.written}",
                over=f"The run {run.written} of account {run.account} goes on, or was ended.",
            )
        elif run.state is RunState.DRAFT and run.why and not run.prepares:
            yield Condition(
                NoticeKind.CAMPAIGN,
                subject,
                "draft",
                f"The run {run.written} of account {run.account} did not start: {run.why}. "
                f"Mend its list for the next one. More: plexsend campaign show {run.written}",
            )
