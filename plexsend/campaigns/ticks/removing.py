"""Removing what is kept for a while: recipients and fates, the run itself, folders that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.forgetting import forget
from plexsend.campaigns.folders.orphans import touch_known, unknown_folders
from plexsend.logs import get_logger
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.failures import RunRefused
from plexsend.outbox.runs.states import OVER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Campaign, Run

DAY_MS = 86_400_000
MOST_RUNS, MOST_FOLDERS = 200, 20
"""That are removed in one round."""
_LEAST_IDLE_S = 2 * 86_400.0
"""A folder that was used since is not removed: who knows it touches it once a day."""
_REST_IDLE_S = 3_600.0
"""What an interrupted removal left is removed after this time: another process may be at it."""

_log = get_logger("campaigns.removing")


def remove_old(store: Store, root: Path, now_ms: int) -> None:
    """Remove what was kept long enough, a bounded part of it; `now_ms`: Redis's clock."""
    runs = list(reading.runs(store))
    remove_folders(store, root, runs, now_ms)
    touch_known(root, (run for run in runs if not run.dropped_ms))
    forget_runs(store, runs, now_ms)
    remove_orphans(store, root, runs)


def remove_folders(store: Store, root: Path, runs: Sequence[Run], now_ms: int) -> None:
    """Forget recipients of runs that ended long ago (policy `campaign_keep_days`)."""
    agreed = read_to_show(store)
    for run in runs:
        keep_ms = int(agreed.of(run.account).account_wide("campaign_keep_days")) * DAY_MS
        if run.state not in OVER or run.ended_ms + keep_ms > now_ms:
            continue
        # One that was interrupted half-way left the folder.
        if run.dropped_ms and not RunFolder(root, run.account, run.group, run.id).exists():
            continue
        try:
            forget(store, root, run)
        except RunRefused:
            # Some of it still lives.
            continue
        _log.info("recipients of a run removed", run=run.written, account=run.account)


def forget_runs(store: Store, runs: Sequence[Run], now_ms: int) -> None:
    """Forget runs whose recipients were, long ago (policy `campaign_list_days`), with what they counted.

    One that another run names as its source stays as long as that one.

    Args:
        store: Where they are.
        runs: All of them, those of an account in the order of their making, the latest first.
        now_ms: Redis's clock.
    """
    agreed = read_to_show(store)
    needed: set[tuple[str, str]] = set()
    removed = 0
    for run in runs:
        keep_ms = int(agreed.of(run.account).account_wide("campaign_list_days")) * DAY_MS
        is_old = (
            run.state in OVER and run.dropped_ms and max(run.ended_ms, run.created_ms) + keep_ms <= now_ms
        )
        is_gone = False
        if is_old and (run.account, run.group) not in needed and removed < MOST_RUNS:
            campaign = reading.campaign(store, run.account, run.name)
            is_gone = _remove(store, run, campaign, is_only=_is_only(run, runs))
            removed += is_gone
        if run.source and not is_gone:
            needed.add((run.account, run.source.partition(" ")[0]))


def remove_orphans(store: Store, root: Path, runs: Sequence[Run]) -> None:
    """Remove folders of runs that Redis does not know, once nobody used them for `campaign_keep_days`."""
    agreed = read_to_show(store)
    removed = 0
    for each in unknown_folders(root, runs):
        keep_s = int(agreed.of(each.account).account_wide("campaign_keep_days")) * DAY_MS / 1000
        if each.idle_s < (_REST_IDLE_S if each.is_rest else max(keep_s, _LEAST_IDLE_S)):
            continue
        if removed == MOST_FOLDERS:
            return
        each.folder.drop()
        removed += 1
        _log.info("folder of a run removed that redis does not know", folder=each.folder.path.name)


def _is_only(run: Run, runs: Sequence[Run]) -> bool:
    return not any(each is not run and (each.account, each.name) == (run.account, run.name) for each in runs)


def _remove(store: Store, run: Run, campaign: Campaign | None, *, is_only: bool) -> bool:
    takes = campaign.facts if campaign is not None and is_only and not campaign.cron else ""
    try:
        done = steps.remove(store, run.account, run.group, campaign=takes)
    except RunRefused:
        # Some of its lanes are there yet.
        return False
    _log.info("run of a campaign is forgotten", run=run.written, account=run.account)
    return done.changed
