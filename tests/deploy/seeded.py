"""An installation in which something of everything happens, as Redis has it: for dashboards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from plexsend.outbox.beat import note_beat
from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.lanes import Lane
from plexsend.outbox.metrics import ANSWERED, Instruments
from plexsend.outbox.results.readers import Reader
from plexsend.outbox.submit import NewMessage, Submitter
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from plexsend.settings import NumberKey
from tests.integration.outbox.runs.feeder import running

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

_DAY_S = 86_400
_BULK = Lane("mms-bulk", None, "main")


class Seeded:
    """A worker, a reader, a suppression, a campaign, a beat; and what a moment of traffic counts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._instruments = Instruments("p1")
        self._submitted = 0
        announced = Announcement(
            host="web1",
            pid=7,
            version="0.8.0",
            form=4,
            since_ms=0,
            services=("mms-bulk",),
            threads=16,
            certificates={"mms": round(time.time()) + 90 * _DAY_S},
        )
        self.pass_by()
        announce(store, "p1", announced)
        Reader(store, "main", "billing", "p", from_start=True).read()
        refused = Suppressor(SuppressionSource.REFUSAL_CALL)
        Suppressions(store, "main", NumberKey("k" * 32)).add(["01023456789"], SuppressionKind.ADS, refused)
        running(store)

    def pass_by(self) -> None:
        """Let a moment of traffic pass: a message comes, ten go, a request in five fails."""
        self._submitted += 1
        Submitter(self._store).add(_BULK, [NewMessage(f"k{self._submitted}", b"{}")], stamp="test")
        counts = self._store.keys.lane("main", _BULK.name, "counts")
        for name, n in (("s:accepted", 10), ("s:rejected", 1), ("c:C100", 10), ("c:C200", 1), ("fill", 50)):
            self._store.client.hincrby(counts, name, n)
        for outcome in (*[ANSWERED] * 4, "uncertain"):
            self._instruments.request("mms-bulk", outcome, 0.1)
        self._instruments.receipt_lags([2.0])
        self._instruments.flush(self._store)
        self._store.client.hincrby(self._store.keys.receipts("main"), "settled", 9)
        alive(self._store, "p1", busy=5)
        note_beat(self._store, "web1")
