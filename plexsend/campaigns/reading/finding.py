"""Which run is meant by what a person wrote: `NAME`, the latest of a campaign, or `NAME/3`, its third."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from plexsend.errors import NotPossible, UsageError
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.run import group_of, parse_run

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Campaign, Run

_MOST_NEAR = 3


def find_campaign(store: Store, name: str, account: str | None = None) -> Campaign:
    """Return the campaign of this name.

    Raises NotPossible where there is none, with the names that are near, and UsageError where several
    accounts have one and none is named.
    """
    found = [each for each in reading.campaigns(store) if account is None or each.account == account]
    named = [each for each in found if each.name == name]
    if len(named) > 1:
        accounts = ", ".join(each.account for each in named)
        raise UsageError(f"{name!r} is a campaign of several accounts: {accounts}. Name one with --account.")
    if named:
        return named[0]
    near = difflib.get_close_matches(name, sorted({each.name for each in found}), n=_MOST_NEAR)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    where = "" if account is None else f" in account {account}"
    raise NotPossible(
        f"No campaign {name} is known{where}.{hint} `plexsend campaign list` lists those that are."
    )


def find_run(store: Store, written: str, account: str | None = None) -> Run:
    """Return the run that is written `NAME` (the latest) or `NAME/3`.

    Raises as `find_campaign` does, NotPossible for a number that no run has, and UsageError for what cannot
    be a name.
    """
    name, number = parse_run(written)
    campaign = find_campaign(store, name, account)
    wanted = campaign.last if number is None else number
    run = reading.run(store, campaign.account, group_of(name, wanted))
    if run is not None:
        return run
    if not campaign.last:
        when = " `plexsend campaign list` says when its cron makes the next." if campaign.cron else ""
        raise NotPossible(f"The campaign {name} has had no run yet.{when}")
    raise NotPossible(f"The campaign {name} has no run {wanted}; its latest is {name}/{campaign.last}.")
