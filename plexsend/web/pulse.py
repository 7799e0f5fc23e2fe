"""A thread that announces its process every two seconds, and so knows whether Redis answers."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from plexsend.clock import elapsed_s
from plexsend.errors import OutboxError, OutboxUnavailable, OutboxUnsuitable
from plexsend.logs import get_logger
from plexsend.outbox.doors import RENEWED_S, announce, leave
from plexsend.outbox.redis.requirements import inspect

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.doors import Door
    from plexsend.outbox.redis.store import Store
    from plexsend.web.refused import RefusedCounts

_SOON_S = 0.5
"""When it looks again where Redis did not answer."""
_HANGS_S = 2 * RENEWED_S
"""Redis hangs where its answer to a sign of life takes longer."""
_END_S = 6.0
_OTHER = "a look at Redis failed"
_SAID_EVERY_S = 60.0
"""How often is logged what was taken and refused."""


class Pulse:
    """Whether Redis can be used, and that others know of this process.

    Args:
        store: The outbox.
        door: Makes what this process says of itself.
        durable: Whether Redis must write each change to disk before it answers.
        refused: What was refused: counted in Redis with the signs of life.
    """

    def __init__(
        self, store: Store, door: Callable[[], Door], *, durable: bool, refused: RefusedCounts
    ) -> None:
        self._store = store
        self._make = door
        self._durable = durable
        self._refused = refused
        self._log = get_logger("web.pulse")
        self._stop = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plexsend-pulse", daemon=True)
        self._since_ms = 0
        self._is_unknown = False
        self._asked_s = elapsed_s()
        self._why = "Redis was not asked yet"
        self._said_s = float("-inf")
        self._said: Counter[str] = Counter()
        self._unsaid: Counter[str] = Counter()
        self.is_fit = False
        """Whether Redis was found fit to keep what it acknowledges; until then everything must come again."""
        self.counts: Counter[str] = Counter()
        """What became of receipts → how many so far; logged once a minute."""

    @property
    def lives(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    @property
    def trouble(self) -> str:
        """Why Redis cannot be used now; empty where it can. Names no address."""
        if not self._why and elapsed_s() - self._asked_s > _HANGS_S:
            return "Redis does not answer in time"
        return self._why

    def start(self, wait_s: float) -> None:
        """Start the thread, and wait until it has looked once, but no longer than this."""
        self._thread.start()
        self._looked.wait(wait_s)

    def stop(self) -> None:
        """End the thread, and take this process out of those that are known."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_END_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            is_well = self._look()
            self._looked.set()
            self._say()
            self._stop.wait(RENEWED_S if is_well else _SOON_S)
        with suppress(OutboxError):
            if not self._why:
                self._announce()
                leave(self._store, self._make())
        self._say(is_last=True)

    def _look(self) -> bool:
        try:
            # Once, and again after each failure: another server may have taken the place of the first.
            if self._why:
                inspect(self._store, durable=self._durable)
                self.is_fit = True
            self._announce()
        except OutboxUnsuitable as exc:
            self.is_fit = False
            self._fail("Redis does not fit", str(exc))
        except OutboxError as exc:
            self._fail("Redis does not answer", str(exc))
        except Exception:  # noqa: BLE001  the thread's edge: without it this process would never be ready again
            if self._why != _OTHER:
                self._log.exception("pulse failed, trying again")
            self._why = _OTHER
        else:
            if self._why:
                self._log.info("redis answers")
            self._why = ""
            self._asked_s = elapsed_s()
        return not self._why

    def _announce(self) -> None:
        counts = self._refused.take()
        try:
            self._since_ms = announce(self._store, self._make(), counts, since_ms=self._since_ms)
        except OutboxError as exc:
            self._refused.give_back(counts)
            if isinstance(exc, OutboxUnavailable | OutboxUnsuitable):
                raise
            # Another program put something else there. Receipts are taken all the same.
            if not self._is_unknown:
                self._log.error("server not announced", words=str(exc))
            self._is_unknown = True
        else:
            self._is_unknown = False
            self._unsaid.update(counts)

    def _fail(self, why: str, words: str) -> None:
        if self._why != why:
            self._log.error("redis cannot be used", why=why, words=words)
        self._why = why

    def _say(self, *, is_last: bool = False) -> None:
        if not is_last and elapsed_s() - self._said_s < _SAID_EVERY_S:
            return
        now = Counter(self.counts)
        if taken := now - self._said:
            self._log.info("receipts taken", counts=dict(taken))
        if self._unsaid:
            self._log.warning("posts refused", counts=dict(self._unsaid))
        if taken or self._unsaid:
            self._said, self._unsaid, self._said_s = now, Counter(), elapsed_s()
