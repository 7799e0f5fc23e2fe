"""The state of a run as it is, also where a person steered its group in place of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.holds import Reason, Scope
from plexsend.outbox.reading.groups import closings
from plexsend.outbox.reading.queries import holds
from plexsend.outbox.runs.states import OVER, RunState

if TYPE_CHECKING:
    from plexsend.errors import Closing
    from plexsend.outbox.holds import Hold
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

_PAUSABLE = (RunState.SCHEDULED, RunState.RUNNING, RunState.PAUSED)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run is, with who decided so."""

    state: RunState
    """`paused` where its group is held, and `cancelled` where its group is closed, whatever the run says."""
    by: str = ""
    why: str = ""
    since_ms: int = 0
    closing: Closing | None = None
    """Of its group."""
    pause: Hold | None = None
    """Of its group."""


def standing(store: Store, run: Run) -> Standing:
    """Return how a run is."""
    closing = closings(store, run.account).get(run.group)
    pause = next(
        (
            hold
            for hold in holds(store, run.account)
            if (hold.scope, hold.reason, hold.what) == (Scope.GROUP, Reason.PAUSE, run.group)
        ),
        None,
    )
    if run.state in OVER:
        return Standing(run.state, run.why_by, run.why, run.why_since_ms, closing, pause)
    if closing is not None:
        return Standing(RunState.CANCELLED, closing.by, closing.why, closing.since_ms, closing, pause)
    if pause is not None and run.state in _PAUSABLE:
        return Standing(RunState.PAUSED, pause.by, pause.why, pause.since_ms, None, pause)
    return Standing(run.state, run.why_by, run.why, run.why_since_ms, closing, pause)
