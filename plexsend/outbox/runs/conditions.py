"""The runs of campaigns that operators are notified of: those that stopped by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.notices import Condition, NoticeKind
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.run import group_of
from plexsend.outbox.runs.states import RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

BY = "plexsend"
"""Who paused a run that no person paused."""


def look_at_runs(store: Store) -> list[Condition]:
    """Return the conditions of the latest run of each campaign."""
    latest: dict[str, list[str]] = {}
    for campaign in reading.campaigns(store):
        if campaign.last:
            latest.setdefault(campaign.account, []).append(group_of(campaign.name, campaign.last))
    runs = (run for account, groups in latest.items() for run in reading.runs_named(store, account, groups))
    return list(run_conditions(runs))


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
