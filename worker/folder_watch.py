"""Which folder of campaigns a worker sees: announced, so that one who sees another is named at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import OutboxError
from plexsend.logs import get_logger
from plexsend.outbox.runs.reading import campaign_accounts
from plexsend.shared_folder import look_at_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.worker.runtime import Runtime

ROUND_S = 10.0
"""Between two looks: a folder may be mounted late, or go away."""
_FIRST_S = 1.0


class FolderWatch:
    """One for each worker process, in a thread of its own: a disk of the network may keep it waiting.

    Args:
        runtime: What the process has; what is seen is noted there, and announced with the next sign.
        feeds: Returns whether the process takes the tasks of campaigns.
    """

    def __init__(self, runtime: Runtime, feeds: Callable[[], bool]) -> None:
        self._runtime = runtime
        self._feeds = feeds
        self._log = get_logger("worker.folder")
        self._is_failing = False

    def run(self) -> None:
        """Look until the process stops. No fault ends it."""
        wait_s = _FIRST_S
        while not self._runtime.stop.wait(wait_s):
            try:
                self.round()
            except OutboxError:
                # Redis is away, which others log.
                pass
            except Exception:  # noqa: BLE001  the thread's edge
                if not self._is_failing:
                    self._log.exception("folder of campaigns not looked at")
                self._is_failing = True
            wait_s = ROUND_S

    def round(self) -> None:
        """Look at the folder, where there are campaigns and this process feeds them."""
        # Where nobody has campaigns each host has a folder of its own, and that is well.
        if not self._feeds() or not campaign_accounts(self._runtime.store):
            return
        seen = look_at_folder(self._runtime.settings.campaign_dir).words
        if seen != self._runtime.campaign_folder and self._runtime.campaign_folder:
            self._log.warning("another folder of campaigns is seen now", folder=seen)
        self._runtime.campaign_folder = seen
        self._is_failing = False
