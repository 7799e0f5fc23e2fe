"""The pace of a run as it is, and its end as it follows from that or, before there is one, from the plan."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from plexsend.campaigns.reading.counting import RowCounts  # noqa: TC001  a field of a NamedTuple
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.queries import covering, holds, service_pauses
from plexsend.outbox.reading.quiet import read_quiet
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.states import OVER, RunState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

STEADY_MS = 10_000
"""So long after its start a run has a pace: before, a batch more or less is half of it."""


class Look(NamedTuple):
    """What became of the rows of a run until a moment."""

    counts: RowCounts
    at_ms: int


class Forecast:
    """What is to be expected of a run.

    Args:
        store: Where it is.
        run: The run.
        state: Its state.
        now: How it is now.
        before: How it was earlier; None: nobody looked.
    """

    def __init__(self, store: Store, run: Run, state: RunState, now: Look, before: Look | None) -> None:
        self._store = store
        self._run = run
        self._state = state
        self._now = now
        self.pace_per_s = self._pace(before)
        """Rows that went a second, lately; 0: none did, or it is too early to say."""

    def ends_at_ms(self) -> int | None:
        """Return when it ended, or is likely to; None where nothing says so."""
        run, now = self._run, self._now
        if run.state in OVER:
            return run.ended_ms or None
        if self._state is RunState.SCHEDULED:
            return self._planned_end()
        if self._state is not RunState.RUNNING:
            return None
        left = now.counts.to_go
        if not left:
            return now.at_ms
        # Where nothing goes though it could, a plan says nothing either.
        is_early = now.at_ms - run.started_ms < STEADY_MS or self._is_closed()
        per_s = self.pace_per_s or (self._planned_pace() if is_early else 0.0)
        # A hold says nothing of when it ends.
        if per_s <= 0 or self._is_held():
            return None
        end_ms = _within(self._open_spans(), now.at_ms, left / per_s * 1000)
        return min(end_ms, run.expires_ms) if run.expires_ms else end_ms

    def _pace(self, before: Look | None) -> float:
        run, now = self._run, self._now
        if run.state is not RunState.RUNNING or not run.started_ms:
            return 0.0
        since_start_ms = now.at_ms - run.started_ms
        if since_start_ms < STEADY_MS:
            return 0.0
        if before is not None and now.at_ms > before.at_ms:
            lately = (now.counts.gone - before.counts.gone) / (now.at_ms - before.at_ms) * 1000
            if lately > 0:
                # A second that is looked at may have a batch too many.
                return min(lately, self._limit() or lately)
        if before is not None and (self._is_closed() or self._is_held()):
            return 0.0
        counts = now.counts
        return max(0, counts.added - counts.to_go + counts.not_fed) / since_start_ms * 1000

    def _is_closed(self) -> bool:
        """Return whether it waits for its window, or for the morning."""
        spans = self._open_spans()
        return bool(spans) and not any(begin <= self._now.at_ms < end for begin, end in spans or ())

    def _is_held(self) -> bool:
        """Return whether a hold keeps all that it sends first."""
        run = self._run
        service = str(_read_object(run.definition).get("service"))
        known = [*holds(self._store, run.account), *service_pauses(self._store)]
        # A hold of one kind of RCS messages alone leaves the others.
        lane = Lane(service, None, run.account, run.group)
        return bool(covering(known, lane))

    def _limit(self) -> float:
        """Return how many a second may go; 0: any."""
        run = self._run
        service = str(_read_object(run.definition).get("service"))
        of_service = read_to_show(self._store).of(run.account).service(service).rate_per_s
        return min((rate for rate in (of_service, run.rate) if rate > 0), default=0.0)

    def _planned_pace(self) -> float:
        """Return how fast it goes by its plan, where it may; 0: there is not a plan that says so."""
        course = _read_object(self._run.plan).get("course")
        if not isinstance(course, list):
            return 0.0
        planned = 0.0
        with suppress(TypeError, ValueError):
            for (begin_ms, sent), (end_ms, then) in pairwise(course):
                planned = max(planned, (then - sent) / max(end_ms - begin_ms, 1) * 1000)
        return min((rate for rate in (planned, self._run.rate) if rate > 0), default=0.0)

    # A plan is of the time for which it was made: with another start its end is another one too.
    def _planned_end(self) -> int | None:
        plan = _read_object(self._run.plan)
        starts, ends = plan.get("starts_at_ms"), plan.get("ends_at_ms")
        if not isinstance(starts, int) or not isinstance(ends, int):
            return None
        return ends + max(self._run.starts_ms - starts, 0)

    # Rows with a consent for the night may go before: the end is that of the others.
    def _open_spans(self) -> Sequence[tuple[int, int]] | None:
        run = self._run
        window = reading.windows(self._store, run.account).get(run.group)
        if not _read_object(run.definition).get("advertisement"):
            return window
        days = read_quiet(self._store, run.account).spans
        if window is None:
            return days
        both = ((max(a, c), min(b, d)) for a, b in window for c, d in days)
        return sorted((begin, end) for begin, end in both if begin < end)


# What is written of the window reaches some days ahead: beyond, it is as though there were none.
def _within(spans: Sequence[tuple[int, int]] | None, now_ms: int, need_ms: float) -> int:
    at_ms = now_ms
    for begin, end in spans or ():
        if end <= at_ms:
            continue
        at_ms = max(at_ms, begin)
        if at_ms + need_ms <= end:
            break
        need_ms -= end - at_ms
        at_ms = end
    return round(at_ms + need_ms)


def _read_object(text: str) -> dict[str, Any]:
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
    return found if isinstance(found, dict) else {}
