"""A slice: what one process feeds of one run, under one lease, before it asks who else wants a thread."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.campaigns.checks.judging import run_pipeline
from plexsend.campaigns.checks.personalise import Personaliser
from plexsend.campaigns.definitions.definition import Definition
from plexsend.campaigns.feeds.fence import AT_ONCE, FeedingRefused, FencedTaker
from plexsend.campaigns.feeds.supply import Block, Supply
from plexsend.campaigns.plans.room import loads, rows_free
from plexsend.outbox.runs import reading, steps
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.leases import pass_over, renew_lease
from plexsend.outbox.runs.load import with_records
from plexsend.outbox.submit import Submitter
from plexsend.producers.incoming import Incoming
from plexsend.producers.submissions import SubmitInterrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plexsend.campaigns.folders.folder import RunFolder
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Lease, Run
    from plexsend.producers.pipeline import Pipeline
    from plexsend.producers.submissions import Submission
    from plexsend.settings import Settings

BLOCK = AT_ONCE
"""Rows that are judged together, while those before them are added."""
LEASE_S = 6.0
"""How long a lease lasts; it is renewed while its slice goes on. A run waits as long for one that died."""
_RENEW_S = 2.0
_SYNC_S = 1.0
"""How often the witness is written through to the disk: as much may be lost with the whole machine."""
_ROOM_ROWS = 1_000, 5_000
"""Rows after which it is looked anew how much waits: where room is short, and at most."""
_ROOM_SHARE = 4
"""In between after this part of the room: what others feed meanwhile has its place in the rest."""
_CALLS_PER_S = 50
"""Into so many calls a second the rows of a run with a rate are spread."""
_LEAST_BLOCK = 10


class Stopped(Enum):
    """Why a slice ended."""

    ALL_FED = auto()
    SLICE_OVER = auto()
    NO_ROOM = auto()
    """Enough of it waits already, or Redis is full."""
    RATE = auto()
    """The run's own rate lets no more through for now."""
    NOT_RUNNING = auto()
    """It is not running any more, or another process feeds it."""
    TROUBLE = auto()
    """It cannot be fed now; it is tried again, and paused once that has gone on for two minutes."""
    REWOUND = auto()
    """Redis went back in time: it was paused."""


class Slice:
    """Feeds one run, once.

    Args:
        store: Where it is.
        settings: What the environment says.
        folder: Where its rows are.
        run: The run, read under the lease.
        lease: The lease.
        stops: Returns whether the slice is to end.
        wait: Waits so many seconds; returns False where there is no time for that.
        clock: Seconds, monotonic.
        block: How many rows are judged together.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        folder: RunFolder,
        run: Run,
        lease: Lease,
        *,
        stops: Callable[[], bool],
        wait: Callable[[float], bool],
        clock: Callable[[], float],
        block: int = BLOCK,
    ) -> None:
        self._store = store
        self._settings = settings
        self._folder = folder
        self._run = run
        self._lease = lease
        self._stops = stops
        self._clock = clock
        self._size = block if run.rate <= 0 else _size_by_rate(run.rate)
        self._under_way: deque[Block] = deque()
        self._taker = FencedTaker(
            Submitter(store, settings.number_key),
            lease,
            run.fed,
            self._under_way,
            wait=wait,
            note=self._witness,
        )
        self._renewed_at = clock()
        self._synced_at = float("-inf")
        self._room = 0
        self._why = Stopped.ALL_FED

    @property
    def fed(self) -> int:
        """The next row to be fed, as Redis answered last."""
        return self._taker.since

    def feed(self) -> Stopped:
        """Feed what can be fed now; return why it ended.

        Raises RunFenced, RunMustWait, OutboxFull and any other error that ended it. What was fed before is.
        """
        run = self._run
        definition = Definition.from_json(run.definition)
        pipeline = run_pipeline(
            definition,
            run.account,
            run.group,
            store=self._store,
            settings=self._settings,
            taker=self._taker,
            folder=self._folder.path,
            expires_at_ms=run.expires_ms or None,
        )
        try:
            for part in pipeline.run_ahead(self._entries(pipeline, Personaliser(definition, run.columns))):
                self._note(part)
        except SubmitInterrupted as stopped:
            raise stopped.cause from stopped
        if self._under_way:
            # Behind the last row that goes there are some that are passed over.
            self._mark(self._under_way.popleft().end, taken=0)
        return self._why

    def close(self) -> None:
        """Write down how far it came."""
        if self.fed > self._run.fed:
            self._folder.note_witness(self._lease.number, self.fed, sync=True)

    def _entries(self, pipeline: Pipeline, personaliser: Personaliser) -> Iterator[Incoming]:
        run = self._run
        fates = reading.fates(self._store, run.account, run.group)
        rows = Supply(self._folder, run, fates).rows(self.fed)
        while size := self._next_size():
            block = list(islice(rows, size))
            is_last = len(block) < size
            self._under_way.append(Block(run.rows if is_last else block[-1][0] + 1, block))
            # A chunk of the pipeline is a block.
            pipeline.at_once = len(block)
            for row, cells in block:
                item = personaliser.item(cells).item
                item["msg_key"] = run.key_of(row)
                yield Incoming(row, item)
            if is_last:
                self._why = Stopped.ALL_FED
                return

    def _next_size(self) -> int:
        """Return how many rows may be judged next; 0: none."""
        run = self._run
        if self._stops():
            self._why = Stopped.SLICE_OVER
            return 0
        if self._clock() - self._renewed_at >= _RENEW_S:
            self._renewed_at = self._clock()
            renew_lease(self._store, run.account, run.group, self._lease, LEASE_S)
        size = self._size
        if self._room < size:
            # The blocks under way are not among what waits yet.
            under_way = sum(len(block.rows) for block in self._under_way)
            waits = loads(self._store, run.account, reading.live_shares(self._store, run.account))
            # A run that is not live any more ends by the fence.
            free = rows_free(run, waits) if run.group in waits else 0
            least, most = _ROOM_ROWS
            self._room = min(most, max(least, free // _ROOM_SHARE), free - under_way)
        size = min(size, self._room)
        if size < _LEAST_BLOCK:
            self._why = Stopped.NO_ROOM
            return 0
        self._room -= size
        return size

    def _note(self, part: Submission) -> None:
        run = self._run
        taken = len(part.added) + len(part.duplicates) + len(part.conflicts)
        invalid = {each.index: run.key_of(each.index) for each in part.invalid}
        if invalid:
            # Added by a feeder that died, when they were valid: these are messages.
            there = with_records(self._store, run.account, invalid.values())
            refused = {row: Fate.INVALID for row, key in invalid.items() if key not in there}
            _require_few(part, taken, len(refused))
            steps.write_fates(self._store, run.account, run.group, refused, lease=self._lease.number)
            taken += len(invalid) - len(refused)
        self._mark(self._under_way.popleft().end, taken=taken)

    def _mark(self, end: int, *, taken: int) -> None:
        run, since = self._run, self.fed
        if since != end:
            skipped = end - since - taken
            pass_over(self._store, run.account, run.group, self._lease, since=since, fed=end, skipped=skipped)
            self._taker.since = end
            self._witness(end)

    def _witness(self, begun: int) -> None:
        sync = self._clock() - self._synced_at >= _SYNC_S
        if sync:
            self._synced_at = self._clock()
        self._folder.note_witness(self._lease.number, self.fed, begun=begun, sync=sync)


# Each of them was valid when it was checked. Where most are not, what they are judged by is wrong, not they.
def _require_few(part: Submission, taken: int, refused: int) -> None:
    if refused >= _LEAST_BLOCK and refused > taken:
        problem = part.invalid[0].problems[0]
        raise FeedingRefused(
            f"{refused:,} of {refused + taken:,} rows that were valid when checked are refused now: "
            f"{problem.field} {problem.reason}. {problem.remedy}"
        )


def _size_by_rate(per_s: float) -> int:
    return max(_LEAST_BLOCK, min(AT_ONCE, int(per_s / _CALLS_PER_S)))
