"""The place of a worker process in its fleet: it announces itself, shows that it lives, sees the others."""

from __future__ import annotations

import os
import socket
from importlib.metadata import version
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import SettingsError
from plexsend.logs import get_logger
from plexsend.outbox.constants import SILENT_MS
from plexsend.outbox.fleet import (
    FORGOTTEN_MS,
    Announcement,
    alive,
    announce,
    announcements,
    fingerprint,
    forget,
    salt,
    signs,
    together,
)
from plexsend.outbox.form import FORM
from plexsend.outbox.policies.in_force import asks_for
from plexsend.outbox.processes import WorkerProcess
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.receivers import hashed_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plexsend.outbox.fleet import FleetProcess, Sign, SignGiven
    from plexsend.worker.runtime import Runtime

_VERSION = version("plexsend")

BEAT_S = 1.0
"""Between two signs of life."""
READ_S = 2.0
"""Between two looks at the signs of the others, unless one announces something."""
LATE_S = 2.5
"""A process that was silent for longer is not elected: after a crash another sweeps by then."""
SECRETS_S = 2.0
"""Between two looks at the files of secrets: a corrected one counts without a restart."""
REPEAT_S = 60.0
"""How often an announcement is written again: a Redis that lost its last second may have lost it."""


class Presence:
    """One for each worker process, used by its housekeeping.

    Args:
        runtime: What the process has.
        services: Returns the services whose doorbells it answers now.
        threads: How many drains it can run at once.
        busy: Returns how many run now.
        feeds: Returns whether it takes the tasks of campaigns.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        runtime: Runtime,
        services: Callable[[], Iterable[str]],
        threads: int,
        *,
        busy: Callable[[], int] = lambda: 0,
        feeds: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = elapsed_s,
    ) -> None:
        self.name = runtime.name
        self.fleet: tuple[FleetProcess, ...] = ()
        """Every process seen within ten minutes, as of the last beat; not those of an older program."""
        self.lanes = -1
        """How many lanes Redis knew of at the last beat."""
        self._runtime = runtime
        self._services = services
        self._asks_for: set[str] = set()
        """Services that it serves or has served: an ask counts ten minutes longer than its process serves."""
        self._threads = threads
        self._busy = busy
        self._feeds = feeds
        self._clock = clock
        self._log = get_logger("worker.presence").bind(process=runtime.name)
        self._announced: Announcement | None = None
        self._revision = 0
        self._known: dict[str, tuple[int, Announcement]] = {}
        self._since_ms = 0
        self._beat_at = self._read_at = self._repeat_at = self._secrets_at = float("-inf")
        self._steady_since = 0.0
        self.sign_ms = 0
        """The last sign of life that Redis took, on its clock; 0: none yet."""
        self._secrets: dict[str, str] = {}
        self._unreadable: set[str] = set()

    @property
    def me(self) -> WorkerProcess:
        """Return this process with the services that it serves now."""
        return WorkerProcess(self.name, self._threads, tuple(sorted(self._services())))

    def serves(self, service: str) -> bool:
        """Return whether this process answers doorbells of a service now."""
        return service in self._services()

    @property
    def living(self) -> tuple[FleetProcess, ...]:
        """Return the processes that are alive."""
        return tuple(process for process in self.fleet if process.lives)

    @property
    def gone(self) -> frozenset[str]:
        """Return the processes whose leases nobody will give back.

        None while this process itself has not been there steadily: Redis may have been away for everybody.
        """
        if self._clock() - self._steady_since <= SILENT_MS / 1000:
            return frozenset()
        return frozenset(process.name for process in self.fleet if not process.lives)

    def due_in_s(self) -> float:
        """Return the seconds until the next sign of life."""
        return max(0.0, self._beat_at + BEAT_S - self._clock())

    def beat(self, *, at_once: bool = False) -> bool:
        """Give a sign of life if its time has come, `at_once` before; return whether it did.

        Announces what has changed, and reads what others announced.
        """
        now = self._clock()
        if not at_once and self.due_in_s() > 0:
            return False
        if now - self._beat_at > LATE_S:
            self._steady_since = now
        wanted = self._announcement(now)
        if wanted != self._announced:
            self._revision += 1
            self._announced, self._repeat_at = wanted, float("-inf")
        if now - self._repeat_at >= REPEAT_S:
            announce(self._runtime.store, self.name, wanted)
            self._repeat_at = now
        breaks = self._runtime.store.breaks
        noted = alive(self._runtime.store, self.name, busy=self._busy(), revision=self._revision)
        self._remember(noted)
        self._runtime.caution.note_sign(breaks)
        if noted.is_first and self._beat_at > float("-inf"):
            # Redis forgot this process: what it announced is gone too.
            self._repeat_at = float("-inf")
        self._beat_at = now
        self.lanes = noted.lanes
        if at_once or now - self._read_at >= READ_S:
            self._read_at = now
            self._see(signs(self._runtime.store, noted.now_ms))
        return True

    # A sign that Redis does not know any more shows that it forgot what came after it. One of a process that
    # was silent for long may have been taken out.
    def _remember(self, noted: SignGiven) -> None:
        was_ms, self.sign_ms = self.sign_ms, noted.now_ms
        if noted.was_ms < was_ms:
            is_young = noted.now_ms - was_ms < FORGOTTEN_MS
            is_lost = noted.was_ms > 0 or is_young
            self._runtime.memory.doubt(is_lost=is_lost, remembered_ms=noted.was_ms)
        self._runtime.memory.hear(noted.now_ms)

    def leave(self) -> None:
        """Announce that the process serves nothing any more: what it does now, it finishes."""
        if self._announced is not None:
            self._services = tuple
            self._feeds = lambda: False
            self.beat(at_once=True)

    def _see(self, found: Mapping[str, Sign]) -> None:
        new = [
            name
            for name, sign in found.items()
            if name not in self._known or self._known[name][0] != sign.revision
        ]
        announced_now = announcements(self._runtime.store, new)
        self._known |= {name: (found[name].revision, announced) for name, announced in announced_now.items()}
        old = {name for name, sign in found.items() if sign.silent_ms > FORGOTTEN_MS}
        forget(self._runtime.store, old)
        for name in self._known.keys() - (found.keys() - old):
            del self._known[name]
        known = {name: announced for name, (_, announced) in self._known.items()}
        self.fleet = tuple(together(found, known))

    def _announcement(self, now: float) -> Announcement:
        settings = self._runtime.settings
        self._asks_for |= {*self.me.services}
        if not self._runtime.salt:
            self._runtime.salt, self._since_ms = salt(self._runtime.store), server_ms(self._runtime.store)
        if now - self._secrets_at >= SECRETS_S:
            self._secrets, self._secrets_at = self._read_secrets(), now
        key = settings.number_key
        return Announcement(
            host=socket.gethostname(),
            pid=os.getpid(),
            version=_VERSION,
            form=FORM,
            since_ms=self._since_ms,
            services=self.me.services,
            threads=self._threads,
            asks=asks_for(settings.asks, self._asks_for),
            secrets=self._secrets,
            urls=dict(settings.base_urls),
            number_key="" if key is None else fingerprint(key.secret.decode(), self._runtime.salt),
            hashes_by=hashed_by(key),
            certificates=dict(self._runtime.certificates),
            feeds=self._feeds(),
            folder=self._runtime.campaign_folder,
        )

    # Where it cannot be read now, what was read before counts: the gateway says whether it still does.
    def _read_secrets(self) -> dict[str, str]:
        found = {}
        for account in self._runtime.settings.accounts:
            try:
                self._runtime.refresh_credentials(account)
                self._unreadable.discard(account)
            except SettingsError as exc:
                if account not in self._unreadable:
                    self._log.error("secret cannot be read", account=account, reason=str(exc))
                self._unreadable.add(account)
            known = self._runtime.known_credentials(account)
            if known is not None:
                found[account] = self._runtime.fingerprint(known)
        return found
