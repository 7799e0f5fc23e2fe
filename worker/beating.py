"""Beat's scheduler: it rings for campaigns once a second and gives beat's sign of life. It writes no file.

What is due is known in Redis and claimed there, so it does not matter how many beats run, or if one slept.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from celery.beat import Scheduler as CeleryScheduler

from plexsend.errors import OutboxError
from plexsend.logs import get_logger
from plexsend.outbox.beat import forget_beats, note_beat
from plexsend.outbox.redis.store import Store
from plexsend.outbox.runs.reading import campaign_accounts
from plexsend.worker.broker_check import why_not
from plexsend.worker.campaign_queue import CAMPAIGNS, MOST_WAITING, TICK_S, TICK_TASK

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEDULER = "plexsend.worker.beating:Scheduler"
SCHEDULE: Mapping[str, Mapping[str, Any]] = {
    CAMPAIGNS: {"task": TICK_TASK, "schedule": TICK_S, "options": {"queue": CAMPAIGNS, "retry": False}}
}
"""The one entry; nothing is ever added to it."""

_FIRST_WAIT_S, _STEP_S, _LONGEST_WAIT_S = 0.5, 0.5, 1.0
"""Between two tries to reach the broker. Celery's own steps go up to 30 s."""

_log = get_logger("worker.beat")


class Scheduler(CeleryScheduler):
    """Sends the tick, and writes down that it did."""

    app: Any
    connection: Any

    def __init__(self, app: Any, **options: Any) -> None:
        self._store: Store | None = None
        self._host = socket.gethostname()
        self._failing = ""
        super().__init__(app, **options)

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Send what is due; return the seconds until the next time.

        What fails is logged once for each reason, and tried again a second later: Celery would end at a
        broker that refuses it, and log a traceback a second for one that is away.
        """
        try:
            return float(super().tick(*arguments, **options))
        except Exception as exc:  # noqa: BLE001  without beat nothing would ring again
            self._report(f"broker: {why_not(self.app.plexsend_settings, exc)}")
        # Who answers next time may be another server.
        self.close()
        self._heap = None
        return TICK_S

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a task that is due; the tick where there are campaigns and somebody takes it, and a sign.

        Celery logs a line for each task that it sends, so the tick goes without it. What else an application
        has in its schedule goes as Celery sends it.
        """
        if entry.task != TICK_TASK:
            super().apply_entry(entry, producer=producer)
            return
        if self._has_campaigns() and self._waiting() < MOST_WAITING:
            self.apply_async(entry, producer=producer, advance=False)
        self._give_sign()

    # Asked for before a task is sent, while there is no connection.
    def _ensure_connected(self) -> Any:
        return self.connection.ensure_connection(
            lambda exc, _: self._report(f"broker: {why_not(self.app.plexsend_settings, exc)}"),
            self.app.conf.broker_connection_max_retries,
            interval_start=_FIRST_WAIT_S,
            interval_step=_STEP_S,
            interval_max=_LONGEST_WAIT_S,
        )

    def _waiting(self) -> int:
        return int(self.connection.default_channel.queue_declare(CAMPAIGNS).message_count)

    # A worker that has nothing to do is not woken for nothing.
    def _has_campaigns(self) -> bool:
        with suppress(OutboxError):
            return bool(campaign_accounts(self._outbox()))
        return True

    def _outbox(self) -> Store:
        if self._store is None:
            settings = self.app.plexsend_settings
            self._store = Store.connect(settings.redis, settings.key_prefix, idle_s=settings.idle_s)
            forget_beats(self._store)
        return self._store

    # Where it was rung and the outbox does not answer, workers ring too: a tick more harms nobody.
    def _give_sign(self) -> None:
        try:
            note_beat(self._outbox(), self._host)
        except OutboxError as exc:
            self._report(f"outbox: {exc}")
        else:
            if self._failing:
                _log.info("beat rings again")
            self._failing = ""

    def _report(self, reason: str) -> None:
        if reason != self._failing:
            _log.warning("beat cannot ring, trying again", reason=reason)
        self._failing = reason
