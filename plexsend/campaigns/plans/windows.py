"""The window of a run: for some days ahead its spans are written into Redis, which knows no time zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.campaigns.definitions.schedule import spans
from plexsend.outbox.runs import steps

if TYPE_CHECKING:
    from plexsend.campaigns.definitions.defined import Definition
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

WINDOW_DAYS = 8
"""For so many days the spans of a window are written ahead."""


def open_window(store: Store, run: Run, definition: Definition, from_ms: int) -> None:
    """Write down when a run may send from a moment on, where it has a window."""
    if definition.window is not None:
        ahead = spans(definition.window, definition.time_zone, from_ms, WINDOW_DAYS)
        steps.set_window(store, run.account, run.group, ahead)
