"""Messages of a campaign that wait for its window: until when, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.reading.causes import Cause
from plexsend.outbox.redis.reads import ask
from plexsend.outbox.replies import text
from plexsend.outbox.runs.run import is_run
from plexsend.outbox.runs.windows import read_window

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.windows import RunWindow

NOT_WRITTEN = "nothing says when its window opens again: a worker or `plexsend beat` writes the next days"


def read_window_of(store: Store, lane: Lane) -> RunWindow | None:
    """Return when the messages of a lane may go; None: it is not of a run, or that has no window."""
    if not is_run(lane.group):
        return None
    key = store.keys.windows(lane.account)
    return read_window(text(ask(store, lambda pipe: pipe.hget(key, lane.group or ""))))


def read_windows(store: Store, account: str) -> dict[str, RunWindow]:
    """Return when runs of an account may send, for those that have a window."""
    fields = ask(store, lambda pipe: pipe.hgetall(store.keys.windows(account)))
    found = {text(group): read_window(text(value)) for group, value in fields.items()}
    return {group: window for group, window in found.items() if window is not None}


def window_cause(window: RunWindow | None, group: str | None, at_ms: int) -> Cause | None:
    """Return that a message waits for the window of its run; None where it may go at this moment."""
    if window is None or not window.holds(at_ms):
        return None
    named = (group or "").replace("~", "/")
    opens_ms = window.opens_ms(at_ms)
    if opens_ms is None:
        return Cause("window", f"the campaign {named} has a window, and {NOT_WRITTEN}")
    return Cause("window", f"waits for the window of the campaign {named}", until_ms=opens_ms)
