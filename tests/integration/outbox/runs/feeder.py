"""What feeds a run in tests: a run made in few words, a lease, messages by their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.lanes import Lane
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.leases import take_lease
from plexsend.outbox.runs.making import create_run
from plexsend.outbox.runs.run import Lease, Run, RunChunk, RunFeed
from plexsend.outbox.submit import NewMessage, Submitted, Submitter

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.settings import NumberKey

DAY_MS = 86_400_000


def read(store: Store, group: str, account: str = "main") -> Run:
    """Return a run that must be there."""
    found = reading.run(store, account, group)
    assert found is not None
    return found


def checked(store: Store, name: str = "spring", *, rows: int = 100, account: str = "main") -> Run:
    """Return a new run that was checked."""
    group = create_run(store, account, name, definition='{"text":"x"}', by="kim", columns=["번호"])
    steps.name_chunks(store, account, group, [RunChunk(0, "d" * 8, 0, rows)])
    steps.set_checked(store, account, group, rows=rows, invalid=0, left_out=0)
    return read(store, group, account)


def running(store: Store, name: str = "spring", *, rows: int = 100, account: str = "main") -> Run:
    """Return a new run that was started."""
    run = checked(store, name, rows=rows, account=account)
    steps.start(store, account, run.group)
    return read(store, run.group, account)


def lane_of(run: Run) -> Lane:
    """Return the lane of a run's messages."""
    return Lane("mms-bulk", None, run.account, run.group)


def leased(store: Store, run: Run, holder: str = "one", for_s: float = 5.0) -> Lease:
    """Return a lease that must be given."""
    lease = take_lease(store, run.account, run.group, holder, for_s)
    assert lease is not None
    return lease


def feed(
    store: Store,
    run: Run,
    lease: Lease,
    rows: range,
    *,
    since: int | None = None,
    fed: int | None = None,
    skipped: int = 0,
    lane: Lane | None = None,
    number_key: NumberKey | None = None,
) -> list[Submitted]:
    """Add the messages of rows at the mark, or at `since`, and move it behind them, or to `fed`."""
    receiver = b"" if number_key is None else receiver_of("01012345678", number_key)
    drafts = [NewMessage(run.key_of(row), b'{"a":1}', receiver) for row in rows]
    begun = read(store, run.group, run.account).fed if since is None else since
    mark = RunFeed(lease.number, begun, rows.stop if fed is None else fed, skipped)
    return Submitter(store, number_key).add(
        lane or lane_of(run), drafts, stamp="mms:v2:1:aaaaaaaa", feed=mark
    )
