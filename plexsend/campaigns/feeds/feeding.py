"""Feeding: the rows of a run become messages, a slice at a time, each once whatever dies on the way.

What keeps a row from being fed twice, or not at all:

- *The lease.* One process feeds a run, under a number that rises. Everything it adds carries the number, and
  the script that adds takes nothing under an older one, or once the run is not running.
- *The mark* (`fed`): the next row. It is moved behind rows that were added, and what is added names where the
  feeder believes it is; where Redis has another mark, it takes nothing.
- *The key* of a row's message is always the same, so rows that were added just before the feeder died, and
  whose mark was not moved any more, are known when they are added again; once they are gone, their fate is.
- *The witness*, a file beside the recipients, knows how far the mark was. Where Redis knows less it went back
  in time: what was fed behind that may have been sent, so it is not fed again, and the run is paused.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.campaigns.feeds.rewinds import settle_rewind
from plexsend.campaigns.feeds.slice import BLOCK, LEASE_S, Slice, Stopped
from plexsend.campaigns.feeds.troubles import PATIENCE_S, Troubles
from plexsend.campaigns.folders.folder import RunFolder
from plexsend.clock import elapsed_s
from plexsend.errors import GroupClosed, OutboxFull, OutboxUnavailable, PlexsendError
from plexsend.logs import get_logger
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.conditions import BY
from plexsend.outbox.runs.failures import RunFenced, RunMustWait
from plexsend.outbox.runs.leases import release_lease, take_lease
from plexsend.outbox.runs.states import RunState
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Lease, Run
    from plexsend.settings import Settings

SLICE_S = 5.0
"""The longest that a process feeds one run before it asks who else wants a thread."""
LONGEST_WAIT_S = 1.0
"""The longest that a slice waits for the rate of its run; beyond, it ends."""

_log = get_logger("campaigns.feeding")


@dataclass(frozen=True, slots=True)
class Fed:
    """What came of a slice."""

    rows: int
    """How far the mark moved."""
    why_stopped: Stopped

    @property
    def wants_more(self) -> bool:
        """Whether it can go on at once."""
        return self.why_stopped is Stopped.SLICE_OVER


class Feeder:
    """Feeds runs. One for each process; shared by its threads.

    Args:
        store: Where they are. Without a turn: feeding goes on beside the drains of its process.
        settings: What the environment says.
        stops: Given how long a slice has run, returns whether it is to end before its time.
        clock: Seconds, monotonic.
        sleep: Waits so many seconds.
        root: The folder of campaigns; None: that of the settings.
        block: How many rows are judged together.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        stops: Callable[[float], bool] = lambda _: False,
        clock: Callable[[], float] = elapsed_s,
        sleep: Callable[[float], object] = time.sleep,
        root: Path | None = None,
        block: int = BLOCK,
    ) -> None:
        self._store = store
        self._settings = settings
        self._stops = stops
        self._clock = clock
        self._sleep = sleep
        self._root = root or settings.campaign_dir
        self._block = block
        self._troubles = Troubles(clock)
        self._name = secrets.token_hex(5)

    def feed(self, account: str, group: str, for_s: float = SLICE_S) -> Fed:
        """Feed a run for a while. Raises OutboxUnavailable: it goes on later, from where it was."""
        # Two slices of one process are two holders.
        holder = f"{self._name}.{secrets.token_hex(3)}"
        lease = take_lease(self._store, account, group, holder, LEASE_S)
        if lease is None:
            return Fed(0, Stopped.NOT_RUNNING)
        try:
            run = reading.run(self._store, account, group)
            if run is None or run.state is not RunState.RUNNING:
                return Fed(0, Stopped.NOT_RUNNING)
            with RunFolder(self._root, account, group, run.id) as folder:
                return self._feed(folder, run, lease, for_s)
        finally:
            release_lease(self._store, account, group, lease)

    def _feed(self, folder: RunFolder, run: Run, lease: Lease, for_s: float) -> Fed:
        began = self._clock()

        def stops() -> bool:
            age_s = self._clock() - began
            return age_s >= for_s or self._stops(age_s)

        def wait(for_rate_s: float) -> bool:
            if for_rate_s > LONGEST_WAIT_S or self._clock() + for_rate_s >= began + for_s or stops():
                return False
            self._sleep(for_rate_s)
            return True

        one: Slice | None = None
        try:
            if settle_rewind(self._store, folder, run, lease, by=BY):
                return Fed(0, Stopped.REWOUND)
            one = Slice(
                self._store,
                self._settings,
                folder,
                run,
                lease,
                stops=stops,
                wait=wait,
                clock=self._clock,
                block=self._block,
            )
            why = self._slice(one, run)
        except (OutboxUnavailable, MemoryError):
            raise
        except RunFenced:
            # While it looked at what Redis forgot: another process feeds it.
            return Fed(0, Stopped.NOT_RUNNING)
        except Exception as exc:  # noqa: BLE001  what cannot be fed is tried again, then paused with the reason
            fed = run.fed if one is None else one.fed
            self._trouble(run, fed, exc)
            return Fed(fed - run.fed, Stopped.TROUBLE)
        self._troubles.over(run)
        return Fed(one.fed - run.fed, why)

    def _slice(self, one: Slice, run: Run) -> Stopped:
        try:
            return one.feed()
        except (RunFenced, GroupClosed) as exc:
            # Paused, cancelled, or given to another process meanwhile.
            _log.info("feeding of a run ends", run=run.written, reason=str(exc))
            return Stopped.NOT_RUNNING
        except RunMustWait:
            return Stopped.RATE
        except OutboxFull:
            return Stopped.NO_ROOM
        finally:
            one.close()

    def _trouble(self, run: Run, fed: int, exc: Exception) -> None:
        words = str(exc)
        if not isinstance(exc, PlexsendError):
            # What another error says may hold a row.
            _log.exception("feeding failed unexpectedly", run=run.written)
            words = f"feeding fails with {type(exc).__name__}; the log of the worker says where"
        if self._troubles.note(run, words, fed):
            why = f"it could not be fed for {span(PATIENCE_S)}: {words}"
            _log.error("a run cannot be fed, it is paused", run=run.written, reason=words)
            steps.pause(self._store, run.account, run.group, why=why, by=BY)
