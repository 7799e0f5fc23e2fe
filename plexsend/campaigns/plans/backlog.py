"""The backlog: what waits of others, and would go at the same time as a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.out_of_window import read_windows
from plexsend.outbox.reading.quiet import read_quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store


def backlog(store: Store, account: str, service: str, now_ms: int) -> Iterator[int]:
    """Yield how many messages wait in each lane of a service; not of the paused, nor out of their hours."""
    # What holds the account or the service holds the run too.
    pauses = [hold for hold in queries.holds(store, account) if hold.scope is Scope.GROUP]
    is_quiet = read_quiet(store, account).holds(now_ms)
    windows = read_windows(store, account)
    lanes = [lane for lane in queries.lanes(store) if (lane.account, lane.service) == (account, service)]
    for view in queries.look_at_all(store, lanes):
        lane, window = view.lane, windows.get(view.lane.group or "")
        waits_for_hours = (is_quiet and lane.advertising is Advertising.QUIET) or (
            window is not None and window.holds(now_ms)
        )
        if view.ready and not waits_for_hours and not queries.covering(pauses, lane):
            yield view.ready
