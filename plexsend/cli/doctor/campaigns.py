"""Checks of campaigns: what keeps runs from starting, from being fed, or from sending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.cli.doctor.rows import doubtful, ok, wrong
from plexsend.outbox.constants import LATE_START_MS
from plexsend.outbox.reading.out_of_window import NOT_WRITTEN
from plexsend.outbox.runs.attending import BEAT_REMEDY, FEEDER_REMEDY
from plexsend.outbox.runs.states import RunState
from plexsend.terminal.moments import span
from plexsend.terminal.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plexsend.cli.doctor.rows import CheckRow
    from plexsend.outbox.runs.attending import Attending
    from plexsend.outbox.runs.run import Run
    from plexsend.outbox.runs.windows import RunWindow

_WHAT = "campaigns"


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What is known of the campaigns of one account."""

    account: str
    due: Mapping[str, int]
    """What is planned → when (ms)."""
    live: Sequence[Run]
    """Runs that ticks look at."""
    windows: Mapping[str, RunWindow]
    full: frozenset[str] = frozenset()
    """Groups of runs of which nothing is fed until what waits of them has gone."""


def campaign_rows(
    facts: Iterable[CampaignFacts], attending: Attending, *, is_possible: bool, now_ms: int
) -> Iterator[CheckRow]:
    """Yield what keeps campaigns from going, or that nothing does. Pure.

    Args:
        facts: The accounts that have campaigns.
        attending: Who attends to them.
        is_possible: Whether no older version of plexsend runs beside this one.
        now_ms: Redis's time.
    """
    known = list(facts)
    if not is_possible:
        yield doubtful(
            _WHAT,
            "they cannot be used yet",
            "an older version of plexsend runs beside this one and knows none",
            "Ten minutes after its last process has ended they can be.",
        )
    if not known:
        yield ok(_WHAT, "no account has any")
        return
    if attending.lacks_feeder:
        grade = wrong if attending.wanting else doubtful
        yield grade(_WHAT, attending.lacks_feeder, "", FEEDER_REMEDY)
    if attending.lacks_beat:
        yield doubtful(_WHAT, attending.lacks_beat, "", BEAT_REMEDY)
    for each in known:
        found = [*_late(each, now_ms), *_not_fed(each, now_ms), *_closed(each, now_ms)]
        yield from found or [ok(_WHAT, _words(each))]


def _words(facts: CampaignFacts) -> str:
    count = sum(run.state is RunState.RUNNING for run in facts.live)
    runs = counted(count, "run is being sent", "runs are being sent")
    planned = counted(len(facts.due), "start is planned", "starts are planned")
    return f"of account {facts.account} {runs}, {planned}"


def _late(facts: CampaignFacts, now_ms: int) -> Iterator[CheckRow]:
    late = sorted((at_ms, name) for name, at_ms in facts.due.items() if at_ms < now_ms - LATE_START_MS)
    if late:
        at_ms, name = late[0]
        yield wrong(
            _WHAT,
            f"{name.replace('~', '/')} of account {facts.account} was to start "
            f"{span((now_ms - at_ms) / 1000)} ago",
            "nobody looks at what is planned",
            FEEDER_REMEDY,
        )


def _not_fed(facts: CampaignFacts, now_ms: int) -> Iterator[CheckRow]:
    for run in facts.live:
        # The number of a lease is the µs at which it was given.
        waits_ms = now_ms - max(run.until_ms, run.lease // 1000, run.started_ms)
        is_due = run.state is RunState.RUNNING and run.fed < run.rows and run.group not in facts.full
        if is_due and waits_ms > LATE_START_MS:
            yield wrong(
                _WHAT,
                f"{run.written} of account {run.account} has not been fed for {span(waits_ms / 1000)}",
                f"{counted(run.rows - run.fed, 'row')} of it wait for a feeder",
                FEEDER_REMEDY,
            )


def _closed(facts: CampaignFacts, now_ms: int) -> Iterator[CheckRow]:
    for run in facts.live:
        window = facts.windows.get(run.group)
        if window is not None and window.holds(now_ms) and window.opens_ms(now_ms) is None:
            found = f"{run.written} of account {run.account} sends nothing"
            yield wrong(_WHAT, found, NOT_WRITTEN, FEEDER_REMEDY)
