"""How late receipts come, counted as they are taken and written down once a second by a thread."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plexsend.errors import OutboxError
from plexsend.logs import get_logger
from plexsend.outbox.metrics import FLUSH_S
from plexsend.outbox.receipts import Reception, take_receipts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plexsend.outbox.metrics import Instruments
    from plexsend.outbox.receipts import Receipt
    from plexsend.outbox.redis.store import Store

_END_S = 6.0
_NEWS = frozenset({Reception.SETTLED, Reception.KEPT})
"""What says something for the first time: one that is repeated comes late by its nature."""


class LagWatch:
    """One for each process that takes receipts.

    Args:
        store: Where it is written down.
        instruments: Where it is counted.
        now_s: Seconds since 1970.
    """

    def __init__(
        self, store: Store, instruments: Instruments, *, now_s: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._instruments = instruments
        self._now_s = now_s
        self._log = get_logger("web.lag")
        self._is_failing = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plexsend-lag", daemon=True)

    @property
    def lives(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def take(
        self, store: Store, account: str, receipts: Sequence[Receipt], *, also: Sequence[str] = ()
    ) -> list[Reception]:
        """Take receipts as `take_receipts` does, and count how late they came."""
        receptions = take_receipts(store, account, receipts, also=also)
        now_s = self._now_s()
        self._instruments.receipt_lags(
            now_s - receipt.done_ms / 1000
            for receipt, reception in zip(receipts, receptions, strict=True)
            if receipt.done_ms is not None and reception in _NEWS
        )
        return receptions

    def start(self) -> None:
        """Start its thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write down what is left, and end the thread."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_END_S)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._stop.wait(FLUSH_S)
            self._flush()

    # What was counted stays, for the next time.
    def _flush(self) -> None:
        try:
            self._instruments.flush(self._store)
        except OutboxError:
            # Redis is away, which the pulse logs.
            pass
        except Exception:  # noqa: BLE001  the thread's edge: it counts for as long as its process takes receipts
            if not self._is_failing:
                self._log.exception("lag of receipts not written down")
            self._is_failing = True
        else:
            self._is_failing = False
