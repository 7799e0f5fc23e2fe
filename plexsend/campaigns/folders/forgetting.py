"""Forgetting the recipients of a run, and what became of each; what it counted stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.folders.folder import RunFolder
from plexsend.campaigns.folders.follow_ups import keep_taken
from plexsend.campaigns.reading.counting import row_counts
from plexsend.outbox.runs import steps

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run


def forget(store: Store, root: Path, run: Run) -> None:
    """Delete the chunks and fates of a run that is over or never started. Interrupted, it can be repeated.

    Raises RunRefused for one that may still send: then nothing was deleted.
    """
    counts = row_counts(store, run.account, run)
    if not run.dropped_ms:
        keep_taken(store, root, run)
        # Fates alone know these two.
        kept_out = f"{counts.invalid_at_feeding} {counts.lost}"
        steps.note_run(store, run.account, run.group, kept_out=kept_out)
        steps.drop(store, run.account, run.group)
    RunFolder(root, run.account, run.group, run.id).drop()
