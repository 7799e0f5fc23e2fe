"""What another program did in Redis, logged once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.sweep import SweepResult


class SpoiltLog:
    """For one housekeeping: what its rounds find, and what any call of its process puts aside.

    Args:
        store: Whose calls report what they put aside.
        process: The name of the process.
        look_over: Has all lanes and messages looked over soon.
    """

    def __init__(self, store: Store, process: str, look_over: Callable[[], None]) -> None:
        self._prefix = store.keys.prefix
        self._log = get_logger("worker.housekeeping").bind(process=process)
        self._known: set[tuple[str, str]] = set()
        self._look_over = look_over
        store.on_put_aside = self.note_aside

    def note(self, account: str, found: SweepResult) -> None:
        """Log what a round over an account found."""
        self.note_aside(found.aside)
        for name in found.spoilt:
            if (account, name) in self._known:
                continue
            self._known.add((account, name))
            if name.startswith(self._prefix):
                self._log.error(
                    "a key holds something else, another program wrote it",
                    account=account,
                    key=name,
                    remedy="rename that key in Redis, or restore it from a backup",
                )
            else:
                self._log.error(
                    "lane cannot be read, another program wrote to it", account=account, lane=name
                )

    def note_aside(self, keys: Iterable[str]) -> None:
        """Log keys that were put aside; each time, since each time something was there."""
        for key in keys:
            self._look_over()
            self._log.error(
                "a key was begun anew, another program had put something else there",
                key=key,
                remedy="look at what was there: it is under the same name with spoilt: in it; then delete it",
            )
