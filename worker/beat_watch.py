"""Ringing for campaigns while no beat does: by one worker process, until a beat rings again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.logs import get_logger
from plexsend.outbox.beat import AWAY_MS, beat_signs
from plexsend.outbox.runs.reading import campaign_accounts
from plexsend.worker.campaign_queue import CAMPAIGNS, TICK_S
from plexsend.worker.election import elect

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.worker.presence import Presence
    from plexsend.worker.runtime import Runtime


class BeatWatch:
    """For one housekeeping.

    Args:
        runtime: What the process has.
        presence: The fleet: of the processes that take the tasks of campaigns one is elected.
        ring: Sends a tick.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, runtime: Runtime, presence: Presence, ring: Callable[[], object], clock: Callable[[], float]
    ) -> None:
        self._store = runtime.store
        self._presence = presence
        self._ring = ring
        self._clock = clock
        self._log = get_logger("worker.housekeeping").bind(process=runtime.name)
        self._looked_at = float("-inf")
        self._is_away = False

    def look(self) -> None:
        """Ring, where no beat does and it falls to this process; at most once a second."""
        if self._clock() - self._looked_at < TICK_S:
            return
        self._looked_at = self._clock()
        feeders = [process.name for process in self._presence.living if process.announced.feeds]
        if elect(CAMPAIGNS, feeders) != self._presence.name:
            self._is_away = False
            return
        signs = beat_signs(self._store)
        lives = bool(signs) and signs[0].lives
        # Where nobody has campaigns, nobody misses beat.
        is_away = not lives and bool(campaign_accounts(self._store))
        if is_away and not self._is_away:
            self._log.warning(
                "beat is away, this worker rings for campaigns",
                last_host=signs[0].host if signs else None,
                away_s=round(signs[0].silent_ms / 1000) if signs else None,
                allowed_s=AWAY_MS // 1000,
                remedy="start one: plexsend beat",
            )
        if self._is_away and lives:
            self._log.info("beat rings for campaigns again", host=signs[0].host)
        self._is_away = is_away
        if is_away:
            self._ring()
