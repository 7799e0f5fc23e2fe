"""The tasks of campaigns: tick, feed, prepare. They carry names alone; lost or doubled, one costs a second.

This module alone of the worker imports campaigns, when its first task runs: a worker that feeds nothing pays
nothing for it. Its tasks hold no turn of the process: they go on beside its drains.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from celery import shared_task

from plexsend.errors import PlexsendError
from plexsend.logs import get_logger
from plexsend.outbox.redis.store import Store
from plexsend.worker.campaign_queue import FEED_TASK, PREPARE_TASK, TICK_TASK
from plexsend.worker.process import bell_waits, current
from plexsend.worker.slices import SHORT_SLICE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.campaigns.feeds.feeding import Feeder
    from plexsend.campaigns.ticks.preparing import Preparer
    from plexsend.campaigns.ticks.ticking import Ticker
    from plexsend.worker.process import Process

_SHARE_OF_THREADS = 4
"""Of so many threads one may feed or prepare: what is fed must be sent too."""

_log = get_logger("worker.campaigns")


@shared_task(name=TICK_TASK, ignore_result=True)
def tick() -> None:
    """Claim what is due, and ask for what the runs want."""
    _work().tick()


@shared_task(name=FEED_TASK, ignore_result=True)
def feed(account: str, group: str) -> None:
    """Feed a run for a while."""
    _work().feed(account, group)


@shared_task(name=PREPARE_TASK, ignore_result=True)
def prepare(account: str, group: str) -> None:
    """Read and check the recipients of a run that a cron made."""
    _work().prepare(account, group)


class CampaignWork:
    """What a worker process does for campaigns. Shared by its threads.

    Args:
        process: The process.
    """

    def __init__(self, process: Process) -> None:
        self.process = process
        self._runtime = process.runtime
        settings = process.runtime.settings
        # Without the process's turn.
        self._store = Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)
        self._ticking = threading.Lock()
        self._threads = threading.BoundedSemaphore(max(1, process.threads // _SHARE_OF_THREADS))
        self._feeder: Feeder | None = None
        self._ticker: Ticker | None = None
        self._preparer: Preparer | None = None
        self._lock = threading.Lock()
        self._failing = ""

    def tick(self) -> None:
        """Claim what is due, and ask for what the runs want. One at a time: another finds nothing more."""
        if self._ticking.acquire(blocking=False):
            try:
                self._guarded("tick failed", self._tick)
            finally:
                self._ticking.release()

    def feed(self, account: str, group: str) -> None:
        """Feed a run for a while, and ask for more where it wants more."""
        self._within_share("feeding failed", lambda: self._feed(account, group))

    def prepare(self, account: str, group: str) -> None:
        """Read and check the recipients of a run, and start it."""
        self._within_share("preparing failed", lambda: self._prepare(account, group))

    # What finds no thread here is asked for again by the next tick, in any process.
    def _within_share(self, failed: str, call: Callable[[], object]) -> None:
        if self._runtime.stop.is_set() or not self._threads.acquire(blocking=False):
            return
        try:
            self._guarded(failed, call)
        finally:
            self._threads.release()

    # The edge of the task: nothing is raised, and a fault that lasts is logged once.
    def _guarded(self, failed: str, call: Callable[[], object]) -> None:
        try:
            call()
        except PlexsendError as exc:
            reason = f"{failed}: {exc}"
            if reason != self._failing:
                _log.warning(f"{failed}, trying again", reason=str(exc))
            self._failing = reason
        except Exception:  # noqa: BLE001  see above
            if failed != self._failing:
                _log.exception(f"{failed} unexpectedly, trying again")
            self._failing = failed
        else:
            self._failing = ""

    def _tick(self) -> None:
        from plexsend.campaigns.ticks.ticking import Ticker  # noqa: PLC0415  see above

        if self._ticker is None:
            self._ticker = Ticker(self._store, self._runtime.settings)
        for wanted in self._ticker.tick():
            task = PREPARE_TASK if wanted.is_prepared else FEED_TASK
            self.process.ask_for(task, wanted.account, wanted.group)

    def _feed(self, account: str, group: str) -> None:
        if self._the_feeder().feed(account, group).wants_more and not self._runtime.stop.is_set():
            self.process.ask_for(FEED_TASK, account, group)

    def _prepare(self, account: str, group: str) -> None:
        from plexsend.campaigns.ticks.preparing import Preparer  # noqa: PLC0415  see above

        with self._lock:
            if self._preparer is None:
                self._preparer = Preparer(self._store, self._runtime.settings)
        self._preparer.prepare(account, group)

    def _the_feeder(self) -> Feeder:
        from plexsend.campaigns.feeds.feeding import Feeder  # noqa: PLC0415  see above

        with self._lock:
            if self._feeder is None:
                self._feeder = Feeder(
                    self._store, self._runtime.settings, stops=self._stops, sleep=self._runtime.stop.wait
                )
            return self._feeder

    def _stops(self, age_s: float) -> bool:
        return self._runtime.stop.is_set() or (age_s >= SHORT_SLICE_S and bell_waits())


_works: list[CampaignWork] = []
_entering = threading.Lock()


def _work() -> CampaignWork:
    process = current()
    with _entering:
        if not _works or _works[0].process is not process:
            _works[:] = [CampaignWork(process)]
        return _works[0]
