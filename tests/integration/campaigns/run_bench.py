"""A run on the bench: fed, sent, answered and steered in few words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plexsend.campaigns import steering
from plexsend.campaigns.reading.counting import RowCounts, row_counts
from plexsend.outbox.batches import Batch, Outcome, Settlement
from plexsend.outbox.fallbacks import Fallback
from plexsend.outbox.lanes import Lane
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.runs import steps
from plexsend.outbox.runs.leases import pass_over, take_lease
from plexsend.outbox.runs.run import RunFeed
from plexsend.outbox.submit import NewMessage
from tests.integration.outbox.bench import NUMBER_KEY, STAMP, Bench, number_of, verdicts
from tests.integration.outbox.runs.feeder import read, running

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.fates import Fate
    from plexsend.outbox.runs.run import Run

RCS_STAMP = "rcs-mms:v1:1:bbbbbbbb"


NOWHERE = Path("no-folder-of-campaigns")
"""Of a run whose recipients are on no disk."""


class RunBench:
    """One run of the account `main`, which runs.

    Args:
        bench: What acts on its messages.
        rows: How many rows it has.
        name: Of its campaign.
        chain: Whether each row has a fallback: then its messages are of RCS.
        group: A run that is there already; empty: a new one.
    """

    def __init__(
        self, bench: Bench, rows: int, name: str = "spring", *, chain: bool = False, group: str = ""
    ) -> None:
        self.bench = bench
        self.group = group or running(bench.store, name, rows=rows).group
        self.root = NOWHERE
        self.chain = chain
        service, variant = ("rcs-mms-bulk", "RMM") if chain else ("mms-bulk", None)
        self.lane = Lane(service, variant, "main", self.group)
        self.fallback_lane = Lane("mms-bulk", None, "main", self.group)

    @property
    def store(self) -> Store:
        """Where it is."""
        return self.bench.store

    @property
    def run(self) -> Run:
        """The run as Redis has it now."""
        return read(self.store, self.group)

    @property
    def counts(self) -> RowCounts:
        """Its rows as they are counted now."""
        return row_counts(self.store, "main", self.run)

    def key(self, row: int) -> str:
        """Return the key of the message of a row."""
        return self.run.key_of(row)

    def feed(self, rows: int) -> None:
        """Feed so many rows more, as far as there are any."""
        run = self.run
        lease = take_lease(self.store, "main", self.group, "feeder", 5)
        until = min(run.rows, run.fed + rows)
        if lease is None or until == run.fed:
            return
        drafts = [self._draft(run.key_of(row)) for row in range(run.fed, until)]
        stamp = RCS_STAMP if self.chain else STAMP
        feed = RunFeed(lease.number, run.fed, until)
        self.bench.intake.add(self.lane, drafts, stamp=stamp, feed=feed)

    def _draft(self, key: str) -> NewMessage:
        receiver = receiver_of(number_of(key), NUMBER_KEY)
        if not self.chain:
            return NewMessage(key, b'{"a":1}', receiver)
        kept = Fallback(self.fallback_lane, STAMP, b'{"msg":"instead"}', receiver)
        return NewMessage(key, b'{"a":1}', receiver, fallback=kept)

    def pass_over(self, rows: int, fate: Fate) -> None:
        """Pass over so many rows more, which get this fate."""
        run = self.run
        lease = take_lease(self.store, "main", self.group, "feeder", 5)
        until = min(run.rows, run.fed + rows)
        if lease is not None and until > run.fed:
            steps.write_fates(self.store, "main", self.group, dict.fromkeys(range(run.fed, until), fate))
            since, passed = run.fed, until - run.fed
            pass_over(self.store, "main", self.group, lease, since=since, fed=until, skipped=passed)

    def send(self, outcome: Outcome, code: str = "", *, fallbacks: bool = False) -> None:
        """Take one batch and let the gateway answer so."""
        lane = self.fallback_lane if fallbacks else self.lane
        taken = self.bench.call("p1.1", lane=lane)
        if isinstance(taken, Batch):
            self.bench.stop("p1.1", settlement=verdicts(taken, outcome, code=code), lane=lane)

    def accepting(self, batch: Batch) -> Settlement:
        """Return what the gateway answers that takes a batch whole."""
        return verdicts(batch, Outcome.ACCEPTED, code="C100")

    def receive(self, code: str, keys: Iterable[str]) -> None:
        """Post receipts with this code."""
        receipts = [Receipt(key, code) for key in keys]
        if receipts:
            take_receipts(self.store, "main", receipts)

    def cancel(self) -> None:
        """Cancel it as the command does."""
        steering.cancel(self.store, self.run, self.root, by="kim", why="wrong price")
