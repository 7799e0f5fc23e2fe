"""What became of the rows of a run, counted so that the four outcomes add up to its rows at every moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from plexsend.gateway.codes import OWN_CODES
from plexsend.outbox.fallbacks import FALLBACK_MADE, fallback_key
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.redis.reads import ask, execute
from plexsend.outbox.replies import number, text
from plexsend.outbox.runs.fates import Fate
from plexsend.outbox.runs.states import OVER, RunState
from plexsend.outbox.states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

RowOutcomeName: TypeAlias = Literal["success", "failure", "pending", "excluded"]

_LANE_FIELDS = (
    *(f"{kind}:{state}" for kind in "sab" for state in State),
    "fallbacks",
    "suppressed",
)
_RUN_FIELDS = ("state", "rows", "invalid", "left_out", "kept_out", "firsts")
_HOUR_MS = 3_600_000

KEPT_BACK = frozenset(code for code, own in OWN_CODES.items() if own.reason)
"""Codes of cancelled messages that must not go."""

BEGUN = (RunState.RUNNING, RunState.PAUSED)
"""States in which rows that were not fed yet only wait for their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """The rows of a run by what became of them. A message and its fallback are one row.

    What is in no field but `rows`, `added` and `fallback` is one part of a whole: `scheduled` to `left_out`
    add up to `rows`. Rows that were not fed yet count as `scheduled` until the run starts, then as `waiting`;
    in a run that was cancelled as `cancelled`, in one that ended otherwise as `expired`.
    """

    rows: int
    added: int
    """Rows of which there is or was a message."""
    scheduled: int
    waiting: int
    sending: int
    accepted: int
    delivered: int
    undelivered: int
    unknown: int
    """Nobody knows whether it arrived: by receipt, for want of one, or since Redis forgot that it went."""
    rejected: int
    failed: int
    expired: int
    cancelled: int
    """Taken back; those of `suppressed` are not among them."""
    uncertain: int
    suppressed: int
    """Kept from going: their number must not be written to, or not so soon."""
    left_out: int
    """Never fed: another row has the number, or the row was invalid."""
    fallback: int
    """Rows for which a fallback went in place of the message."""
    awaits_receipts: bool
    """Whether receipts come for what was accepted, so that this does not say yet what became of it."""
    archived: int = 0
    """Of `accepted` those whose record is gone: no receipt is waited for."""
    lost: int = 0
    """Of `unknown` those that Redis forgot after they were fed: they may have been sent."""
    invalid_at_feeding: int = 0
    """Of `left_out` those that were valid when the run was checked."""

    @property
    def awaited(self) -> int:
        """Accepted rows of which a receipt is still to say what became of them."""
        return self.accepted - self.archived if self.awaits_receipts else 0

    @property
    def success(self) -> int:
        """성공: they were delivered, or accepted where no receipt is waited for."""
        return self.delivered + self.accepted - self.awaited

    @property
    def failure(self) -> int:
        """실패: they did not arrive, or nobody will ever know whether they did."""
        return self.undelivered + self.unknown + self.rejected + self.failed + self.expired

    @property
    def pending(self) -> int:
        """대기: it is not decided yet."""
        return self.scheduled + self.waiting + self.sending + self.uncertain + self.awaited

    @property
    def excluded(self) -> int:
        """제외: nobody was to be written to, or nobody is any more."""
        return self.cancelled + self.suppressed + self.left_out

    @property
    def outcomes(self) -> dict[RowOutcomeName, int]:
        """The four outcomes; their sum is `rows`."""
        return {
            "success": self.success,
            "failure": self.failure,
            "pending": self.pending,
            "excluded": self.excluded,
        }

    @property
    def to_go(self) -> int:
        """Rows that may still be sent."""
        return self.scheduled + self.waiting + self.sending

    @property
    def gone(self) -> int:
        """Rows that are through: sent, or not to be sent any more."""
        return self.rows - self.to_go

    @property
    def not_fed(self) -> int:
        """Rows that never became a message and were not left out either."""
        return self.rows - self.added - self.left_out - self.lost


def row_counts(store: Store, account: str, run: Run) -> RowCounts:
    """Return what became of the rows of a run until now: two round trips, however many rows it has.

    Everything is read at one moment, also what the run says of itself; `run` says only which it is.
    """
    lanes = _lanes(store, account, run.group)
    kept = [f"n:{name}" for name in _LANE_FIELDS]
    pipe = store.client.pipeline(transaction=True)
    pipe.hmget(store.keys.run(account, run.group), [*_RUN_FIELDS, *kept])
    pipe.get(store.keys.fates(account, run.group))
    pipe.hget(store.keys.receipts(account), "first")
    for lane in lanes:
        pipe.hmget(store.keys.lane(account, lane.name, "counts"), _LANE_FIELDS)
    found, fates, first_receipt, *of_lanes = execute(store, pipe)
    found = found or [None] * (len(kept) + len(_RUN_FIELDS))
    state_found, rows, unfit, left_out, noted, firsts, *ended = found
    counted = Counter({name: number(n) for name, n in zip(_LANE_FIELDS, ended, strict=True)})
    for values in of_lanes:
        counted.update({name: number(n) for name, n in zip(_LANE_FIELDS, values or (), strict=False)})
    _count_firsts(store, run, text(firsts).split(), counted)
    try:
        state = RunState(text(state_found))
    except ValueError:
        state = run.state
    before = [number(n) for n in text(noted).split()] or [0, 0]
    invalid, lost = (max(pair) for pair in zip(kept_out(fates or b""), before, strict=False))
    return count_rows(
        state=state,
        rows=number(rows),
        left_out=number(unfit) + number(left_out),
        lanes=counted,
        invalid_at_feeding=invalid,
        lost=lost,
        awaits_receipts=_awaits_receipts(store, run, number(first_receipt), {lane.service for lane in lanes}),
    )


# Lanes count the fallback where one went. Where its first was delivered after all, or was sent again, that
# one counts.
def _count_firsts(store: Store, run: Run, rows: list[str], counted: Counter[str]) -> None:
    if not rows:
        return
    pipe = store.client.pipeline(transaction=False)
    for row in rows:
        key = f"{run.id}-{row}"
        pipe.hmget(store.keys.record(run.account, key), ["s", "b"])
        pipe.hmget(store.keys.record(run.account, fallback_key(key)), ["s", "c"])
    found = execute(store, pipe)
    for (first, note), (fallback, code) in zip(found[::2], found[1::2], strict=True):
        if fallback:
            counted[f"b:{text(fallback)}"] += 1
            if text(fallback) == State.CANCELLED and text(code) in KEPT_BACK:
                counted["suppressed"] -= 1
        if first and text(note) == FALLBACK_MADE:
            counted[f"b:{text(first)}"] -= 1


# Those that it can have, whether they are there or not: looking which are there would be another round trip.
def _lanes(store: Store, account: str, group: str) -> list[Lane]:
    names = ask(store, lambda pipe: pipe.smembers(store.keys.routes(account)))
    routes = [Lane.parse(text(name)) for name in names]
    return [
        Lane.of(route.service, route.variant, account, group, advertising)
        for route in routes
        for advertising in Advertising
    ]


# What was accepted more than the wait before the first receipt came is not waited for, and stays accepted.
def _awaits_receipts(store: Store, run: Run, first_ms: int, services: set[str]) -> bool:
    if not first_ms:
        return False
    if run.state not in OVER or run.ended_ms >= first_ms:
        return True
    policies = read_to_show(store).of(run.account)
    wait_h = max((policies.service(service).receipt_wait_h for service in services), default=0)
    return run.ended_ms > first_ms - wait_h * _HOUR_MS


def count_rows(
    *,
    state: RunState,
    rows: int,
    left_out: int,
    lanes: Mapping[str, int],
    invalid_at_feeding: int = 0,
    lost: int = 0,
    awaits_receipts: bool = False,
) -> RowCounts:
    """Return the counts of a run.

    Args:
        state: That of the run.
        rows: All of them.
        left_out: Those with a mark.
        lanes: What all lanes of the run counted, those that ended too; names as in redis/dictionary.py.
        invalid_at_feeding: Rows without a mark that were invalid when they were to be fed.
        lost: Rows that were fed and that Redis forgot: they may have been sent.
        awaits_receipts: Whether receipts come for accepted messages of the account.
    """
    states = chains(lanes)
    added = sum(states.values())
    left_out += invalid_at_feeding
    rest = max(0, rows - left_out - lost - added)
    states[_state_of_rest(state)] += rest
    suppressed = min(lanes.get("suppressed", 0), states[State.CANCELLED])
    return RowCounts(
        rows=rows,
        added=added,
        scheduled=states[State.SCHEDULED],
        waiting=states[State.WAITING],
        sending=states[State.SENDING],
        accepted=states[State.ACCEPTED],
        delivered=states[State.DELIVERED],
        undelivered=states[State.UNDELIVERED],
        unknown=states[State.UNKNOWN] + lost,
        rejected=states[State.REJECTED],
        failed=states[State.FAILED],
        expired=states[State.EXPIRED],
        cancelled=states[State.CANCELLED] - suppressed,
        uncertain=states[State.UNCERTAIN],
        suppressed=suppressed,
        left_out=left_out,
        fallback=lanes.get("fallbacks", 0),
        awaits_receipts=awaits_receipts,
        archived=min(lanes.get(f"a:{State.ACCEPTED}", 0), states[State.ACCEPTED]),
        lost=lost,
        invalid_at_feeding=invalid_at_feeding,
    )


def chains(lanes: Mapping[str, int]) -> Counter[State]:
    """Return how many messages are or were in each state; of a chain the one that counts."""
    return Counter(
        {
            state: lanes.get(f"s:{state}", 0) + lanes.get(f"a:{state}", 0) - lanes.get(f"b:{state}", 0)
            for state in State
        }
    )


def kept_out(fates: bytes) -> tuple[int, int]:
    """Return how many rows were invalid when they were to be fed, and how many Redis forgot."""
    return fates.count(Fate.INVALID.encode()), fates.count(Fate.LOST.encode())


def _state_of_rest(state: RunState) -> State:
    if state is RunState.CANCELLED:
        return State.CANCELLED
    if state is RunState.DONE:
        return State.EXPIRED
    return State.WAITING if state in BEGUN else State.SCHEDULED
