"""Watching a run: is it over, do too many fail, when may it send."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.definitions.schedule import spans
from plexsend.campaigns.drafts.creating import start
from plexsend.campaigns.feeds.failing import Ended, FailureWatch, why_paused
from plexsend.campaigns.feeds.failure_words import failure_words
from plexsend.campaigns.feeds.rewinds import note_lost
from plexsend.campaigns.plans.windows import WINDOW_DAYS, open_window
from plexsend.campaigns.reading.counting import row_counts
from plexsend.logs import get_logger
from plexsend.outbox import groups
from plexsend.outbox.reading.groups import closings_among
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.conditions import BY
from plexsend.outbox.runs.run import is_run
from plexsend.outbox.runs.states import OVER, RunState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plexsend.campaigns.plans.room import Load
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

DAY_MS = 86_400_000
WINDOW_LEAST_MS = 3 * DAY_MS
"""They are written anew once they end sooner."""

_log = get_logger("campaigns.watching")


def is_expired(run: Run, now_ms: int) -> bool:
    """Return whether nothing of a run may be sent any more."""
    return 0 < run.expires_ms <= now_ms


def watch(store: Store, root: Path, run: Run, load: Load, now_ms: int) -> bool:
    """End a run that is over and pause one that fails; return whether it still wants to be fed.

    Args:
        store: Where it is.
        root: The folder of campaigns.
        run: A run that is in `live_runs`.
        load: What of it waits.
        now_ms: Redis's clock.
    """
    if run.state is RunState.CANCELLED:
        _end_cancelled(store, root, run)
        return False
    if run.state is RunState.CHECKED and run.until_ms <= now_ms:
        # Of a cron: who prepared it died before it could start it.
        return start(store, run).state is RunState.RUNNING
    is_fed = run.fed >= run.rows or is_expired(run, now_ms)
    if is_fed and not load.living and run.state is RunState.RUNNING:
        steps.finish(store, run.account, run.group)
        _log.info("run of a campaign is done", run=run.written, account=run.account)
        return False
    if run.state is not RunState.RUNNING or _pause_failing(store, run):
        return False
    return not is_fed


def cancel_closed(store: Store, root: Path, account: str, runs: Sequence[Run]) -> list[Run]:
    """Cancel what lives or is scheduled where somebody cancelled its group in place of it; return the rest.

    Args:
        store: Where they are.
        root: The folder of campaigns.
        account: Theirs.
        runs: Those that are in `live_runs`.
    """
    named = [run.group for run in runs] + [name for name in reading.due_at(store, account) if is_run(name)]
    closed = closings_among(store, account, named)
    for run in reading.runs_named(store, account, sorted(closed)):
        if run.state not in OVER:
            closing = closed[run.group]
            steps.cancel(store, account, run.group, by=closing.by, why=closing.why)
            note_lost(store, root, run.group, account)
            groups.cancel(store, account, run.group, by=closing.by, why=closing.why)
            steps.finish(store, account, run.group)
            _log.info("run of a campaign is cancelled, its group was", run=run.written, account=account)
    return [run for run in runs if run.group not in closed or run.state in OVER]


# Whoever cancelled it may have died half-way. Cancelled twice it is cancelled once.
def _end_cancelled(store: Store, root: Path, run: Run) -> None:
    note_lost(store, root, run.group, run.account)
    groups.cancel(store, run.account, run.group, by=run.why_by, why=run.why)
    steps.finish(store, run.account, run.group)


def _pause_failing(store: Store, run: Run) -> bool:
    definition = Definition.from_json(run.definition)
    ratio, span = definition.pause_at_failure_ratio, definition.pause_after
    if ratio is None:
        return False
    counts = row_counts(store, run.account, run)
    now = Ended(counts.success + counts.failure, counts.failure)
    before = FailureWatch.parse(run.notes.get("watch", ""))
    after = before.note(now, span)
    why = why_paused(before, now, span, ratio, partial(failure_words, store, run))
    if why:
        # Once a person lets it go on, what came before does not count again.
        after = FailureWatch((now,))
        steps.pause(store, run.account, run.group, by=BY, why=why)
        _log.error("too many of a run fail, it is paused", run=run.written, account=run.account, reason=why)
    if after != before:
        steps.note_run(store, run.account, run.group, watch=after.as_json())
    return bool(why)


def renew_windows(store: Store, account: str, runs: list[Run], now_ms: int) -> None:
    """Write ahead when the runs with a window may send, where what was written ends soon."""
    defined = [
        (run, Definition.from_json(run.definition)) for run in runs if run.state is not RunState.CANCELLED
    ]
    wanted = [(run, definition) for run, definition in defined if definition.window is not None]
    if not wanted:
        return
    known = reading.windows(store, account)
    for run, definition in wanted:
        written = known.get(run.group, ())
        if (
            not written
            or written[-1][1] < now_ms + WINDOW_LEAST_MS
            or _starts_early(definition, written, now_ms)
        ):
            open_window(store, run, definition, now_ms)


def renew_ended_windows(store: Store, account: str, now_ms: int) -> None:
    """Do the same for runs that are done, until their lists are deleted: a receipt may send a fallback."""
    named = reading.runs_named(store, account, sorted(reading.windows(store, account)))
    renew_windows(store, account, [run for run in named if run.state is RunState.DONE], now_ms)


# Planned for later, and started before: what was written has none of the days until then.
def _starts_early(definition: Definition, written: Sequence[tuple[int, int]], now_ms: int) -> bool:
    begins_ms = written[0][0]
    if definition.window is None or begins_ms <= now_ms:
        return False
    return spans(definition.window, definition.time_zone, now_ms, WINDOW_DAYS)[0][0] < begins_ms
