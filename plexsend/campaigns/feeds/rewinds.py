"""Runs of which Redis forgot how far they were fed: nothing that may have been sent is fed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.feeds.supply import Supply
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.follow_ups import lost_before
from plexsend.campaigns.folders.whole_files import CampaignFolderFailed
from plexsend.logs import get_logger
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import pass_over
from plexsend.outbox.runs.load import with_records
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.campaigns.folders.witness import Witness
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Lease, Run

_AT_ONCE = 5_000
"""Rows in one call."""

_log = get_logger("campaigns.feeding")


def lost_until(witness: Witness | None, run: Run, lease: Lease) -> int:
    """Return up to which row feeding went without Redis knowing; the run's own mark where it knows all. Pure.

    What was only begun counts where Redis forgot the lease under which it was: else its feeder died before it
    was added, or before the mark was moved, and adding it again is harmless.
    """
    if witness is None:
        return run.fed
    if witness.lease > lease.previous or witness.done > run.fed:
        return max(run.fed, min(run.rows, max(witness.done, witness.begun)))
    return run.fed


def settle_rewind(store: Store, folder: RunFolder, run: Run, lease: Lease, *, by: str) -> bool:
    """Where Redis went back behind what was fed, give those rows the fate `w` and pause; return whether."""
    until = lost_until(folder.witness(), run, lease)
    if until == run.fed:
        return False
    lost = 0
    for start, end, goes, fates in _lost_rows(store, folder, run, until):
        steps.write_fates(store, run.account, run.group, fates, lease=lease.number)
        lost += len(fates)
        skipped = end - start - goes + len(fates)
        pass_over(store, run.account, run.group, lease, since=start, fed=end, skipped=skipped)
    words = (
        f"Redis went back in time: {counted(lost, 'row')} from row {run.fed:,} on had been given to it and "
        "are not known any more. They may have been sent, so they are not sent again and count as unknown. "
        f"plexsend campaign resume {run.written} goes on behind them"
    )
    _log.error("redis forgot rows of a run, it is paused", run=run.written, rows=lost, first=run.fed)
    steps.pause(store, run.account, run.group, why=words, by=by)
    return True


def note_lost(store: Store, root: Path, group: str, account: str) -> int:
    """Give rows of a run that is cancelled the fate `w` where files know that they were fed; return how many.

    No feeder comes any more that would find that Redis went back, and they would count as cancelled, though
    they may have been sent. Where the files cannot be read, nothing is noted: a report says so.
    """
    run = reading.run(store, account, group)
    if run is None or run.dropped_ms:
        return 0
    lost = 0
    try:
        with RunFolder(root, account, group, run.id) as folder:
            for *_, fates in _lost_rows(store, folder, run, min(run.rows, lost_before(folder, run))):
                steps.write_fates(store, account, group, fates)
                lost += len(fates)
    except CampaignFolderFailed as exc:
        _log.warning("recipients of a cancelled run cannot be read", run=run.written, reason=str(exc))
    if lost:
        _log.error("redis forgot rows of a run that was cancelled", run=run.written, rows=lost, first=run.fed)
    return lost


# By pages behind the run's mark: first row, row behind the last, how many go, fates where there is no record.
def _lost_rows(
    store: Store, folder: RunFolder, run: Run, until: int
) -> Iterator[tuple[int, int, int, dict[int, Fate]]]:
    if until <= run.fed:
        return
    supply = Supply(folder, run, reading.fates(store, run.account, run.group))
    for start in range(run.fed, until, _AT_ONCE):
        end = min(until, start + _AT_ONCE)
        keys = {row: run.key_of(row) for row in range(start, end) if supply.goes(row)}
        there = with_records(store, run.account, keys.values())
        yield start, end, len(keys), {row: Fate.LOST for row, key in keys.items() if key not in there}
