"""Claiming what is due: scheduled runs start, and campaigns with a cron get their next run, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.schedule import next_after
from plexsend.logs import get_logger
from plexsend.outbox.runs.due import DueOutcome, claim_due
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Campaign

_log = get_logger("campaigns.claiming")

_SAID = {
    DueOutcome.STARTED: "run of a campaign starts",
    DueOutcome.MADE: "run of a campaign is prepared",
    DueOutcome.SKIPPED: "planned start of a campaign was missed and is skipped",
    DueOutcome.UNREADABLE: "nobody can say when a campaign is due, its cron cannot be read",
}


def claim(store: Store, account: str) -> None:
    """Claim what is due in an account, and log what became of it. Each planned start is one caller's.

    Raises MissingExtra where a campaign has a cron and this installation cannot read any: runs that are due
    were claimed before that.
    """
    for one in claim_due(store, account, next_after=_next):
        is_well = one.outcome in (DueOutcome.STARTED, DueOutcome.MADE)
        say = _log.info if is_well else _log.warning
        say(
            _SAID[one.outcome],
            account=account,
            campaign=one.name,
            run=one.group.replace("~", "/") or None,
            planned=utc(one.planned_ms),
        )


def _next(campaign: Campaign, after_ms: int) -> int:
    return next_after(campaign.cron, campaign.time_zone, after_ms)
