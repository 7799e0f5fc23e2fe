"""A tick: what is due is claimed, what is over ends, and who wants to be fed or prepared is named.

It carries nothing, and everything that it decides is decided in Redis. So it does not matter how many ticks
there are, who makes them, or whether one is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from plexsend.campaigns.plans.room import loads, rows_free
from plexsend.campaigns.ticks.claiming import claim
from plexsend.campaigns.ticks.removing import remove_old
from plexsend.campaigns.ticks.watching import (
    cancel_closed,
    renew_ended_windows,
    renew_windows,
    watch,
)
from plexsend.clock import elapsed_s
from plexsend.errors import OutboxUnavailable, PlexsendError
from plexsend.logs import get_logger
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.runs.reading import campaign_accounts, live_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.outbox.redis.store import Store
    from plexsend.settings import Settings

REMOVE_S = 600.0
"""Between two looks of a process for recipients, runs and folders whose time is over."""

_log = get_logger("campaigns.ticking")


@dataclass(frozen=True, slots=True)
class RunWants:
    """A run that wants something."""

    account: str
    group: str
    is_prepared: bool = False
    """Whether its recipients are to be read and checked; otherwise it is to be fed."""


class Ticker:
    """Makes the ticks of one process. For one thread at a time.

    Args:
        store: Where campaigns are.
        settings: What the environment says.
        clock: Seconds, monotonic.
    """

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], float] = elapsed_s) -> None:
        self._store = store
        self._root = settings.campaign_dir
        self._clock = clock
        self._removed_at = float("-inf")
        self._failing: dict[str, str] = {}

    def tick(self) -> list[RunWants]:
        """Look at all campaigns; return what is wanted. What one account holds leaves the others alone."""
        wanted: list[RunWants] = []
        removes = self._clock() - self._removed_at >= REMOVE_S
        for account in campaign_accounts(self._store):
            # What cannot be claimed keeps no run from going on.
            self._try(f"{account}: what is due", partial(claim, self._store, account))
            self._try(f"{account}: runs", lambda: wanted.extend(self._wanted(account)))  # noqa: B023  called here
            if removes:
                ended = partial(renew_ended_windows, self._store, account, server_ms(self._store))
                self._try(f"{account}: windows", ended)
        if removes:
            self._removed_at = self._clock()
            self._try("removals", lambda: remove_old(self._store, self._root, server_ms(self._store)))
        return wanted

    def _wanted(self, account: str) -> Iterator[RunWants]:
        runs = cancel_closed(self._store, self._root, account, list(live_runs(self._store, account)))
        if not runs:
            return
        now_ms = server_ms(self._store)
        renew_windows(self._store, account, runs, now_ms)
        waits = loads(self._store, account, runs)
        for run in runs:
            wants = run.prepares or (
                watch(self._store, self._root, run, waits[run.group], now_ms) and rows_free(run, waits) > 0
            )
            if wants and run.until_ms <= now_ms:
                yield RunWants(account, run.group, is_prepared=run.prepares)

    def _try(self, what: str, call: Callable[[], object]) -> None:
        try:
            call()
        except OutboxUnavailable:
            raise
        except Exception as exc:  # noqa: BLE001  the other accounts are looked at all the same
            known = isinstance(exc, PlexsendError)
            reason = str(exc) if known else type(exc).__name__
            if self._failing.get(what) != reason:
                _log.warning(
                    "a part of a tick failed, trying again", part=what, reason=reason, exc_info=not known
                )
            self._failing[what] = reason
        else:
            self._failing.pop(what, None)
