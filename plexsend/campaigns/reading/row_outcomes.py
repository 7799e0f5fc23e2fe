"""What became of each row of a run: by its records while they are there, else by its fate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from plexsend.campaigns.reading.counting import KEPT_BACK
from plexsend.outbox.fallbacks import FALLBACK_CALLED_BACK, FALLBACK_MADE, fallback_key
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import text
from plexsend.outbox.runs import reading
from plexsend.outbox.runs.fates import Fate, fate_at
from plexsend.outbox.states import BY_RECEIPT, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.runs.run import Run

_PAGE = 500
"""Rows in one round trip."""
_FIELDS = ("s", "c", "w", "b")


class Reached(StrEnum):
    """Whether a row was reached, as far as is known.

    Its fallback counts where that went, unless its message may have reached somebody.
    """

    REACHED = "reached"
    """Delivered; or accepted, where no receipt is waited for."""
    PENDING = "pending"
    """One of the two lives, or its receipt is waited for."""
    UNCERTAIN = "uncertain"
    """It may have been sent, and a person is to say so."""
    UNKNOWN = "unknown"
    """It was sent, and nobody knows whether it arrived."""
    LOST = "lost"
    """It was fed, and Redis forgot it: it may have been sent."""
    FAILED = "failed"
    """It reached nobody, and will not."""
    UNSENT = "unsent"
    """It was never sent: taken back, expired, or never fed."""
    SUPPRESSED = "suppressed"
    """It was not sent, since its number must not be written to."""
    LEFT_OUT = "left_out"
    """It was never to be sent: another row has its number, or it was invalid."""


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row."""

    row: int
    reached: Reached
    code: str = ""
    """What the gateway said last, of its message or its fallback; empty where the record is gone."""
    by_receipt: bool = False
    """Whether a receipt said the code."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One message of a row, as its record has it."""

    state: State
    code: str
    by_receipt: bool


@dataclass(frozen=True, slots=True)
class _Chain:
    """The messages of a row that have a record."""

    counts: _Seen | None
    """The one by which the row counts: its fallback, where that went."""
    beside: _Seen | None = None
    """The other one: it counts where it may have reached somebody."""


_BY_STATE = {
    State.DELIVERED: Reached.REACHED,
    State.SCHEDULED: Reached.PENDING,
    State.WAITING: Reached.PENDING,
    State.SENDING: Reached.PENDING,
    State.UNCERTAIN: Reached.UNCERTAIN,
    State.UNKNOWN: Reached.UNKNOWN,
    State.UNDELIVERED: Reached.FAILED,
    State.REJECTED: Reached.FAILED,
    State.FAILED: Reached.FAILED,
    State.EXPIRED: Reached.UNSENT,
    State.CANCELLED: Reached.UNSENT,
}
_BY_FATE = {
    Fate.DELIVERED: Reached.REACHED,
    Fate.ACCEPTED: Reached.REACHED,
    Fate.UNKNOWN: Reached.UNKNOWN,
    Fate.LOST: Reached.LOST,
    Fate.UNDELIVERED: Reached.FAILED,
    Fate.REJECTED: Reached.FAILED,
    Fate.FAILED: Reached.FAILED,
    Fate.EXPIRED: Reached.UNSENT,
    Fate.CANCELLED: Reached.UNSENT,
    Fate.SUPPRESSED: Reached.SUPPRESSED,
    Fate.INVALID: Reached.LEFT_OUT,
}
_ORDER = list(Reached)
_PERHAPS = _ORDER[: _ORDER.index(Reached.FAILED)]
"""With these somebody was reached, or may have been."""
_FAILED = (State.UNDELIVERED, State.REJECTED, State.FAILED)


def row_outcomes(
    store: Store,
    run: Run,
    marks: bytes,
    *,
    awaits_receipts: bool,
    lost_before: int = 0,
    rows: range | None = None,
) -> Iterator[RowOutcome]:
    """Yield what became of each row of a run, in their order, a page a round trip.

    Args:
        store: Where the run is.
        run: The run.
        marks: Why rows are left out, one byte each; blank where a row goes.
        awaits_receipts: Whether receipts come for accepted messages of the account.
        lost_before: Rows from the run's mark on and before this one were fed, as its folder knows: where
            nothing is known of them, Redis forgot them.
        rows: Only these; None: all.
    """
    fates = reading.fates(store, run.account, run.group, rows=run.rows)
    wanted = range(run.rows) if rows is None else rows
    for at in range(0, len(wanted), _PAGE):
        page = wanted[at : at + _PAGE]
        for row, seen in zip(page, _read(store, run, page), strict=True):
            if marks[row : row + 1].strip():
                yield RowOutcome(row, Reached.LEFT_OUT)
            else:
                fate = fate_at(fates, row)
                if seen.counts is None and fate is None and run.fed <= row < lost_before:
                    fate = Fate.LOST
                yield _judge(row, seen, fate, awaits_receipts=awaits_receipts)


# A fate may be of the one message of a chain whose record is gone while that of the other is there.
def _judge(row: int, seen: _Chain, fate: Fate | None, *, awaits_receipts: bool) -> RowOutcome:
    found = []
    for each in (seen.counts, seen.beside):
        if each is not None:
            reached = _of_state(each, awaits_receipts=awaits_receipts)
            if each is seen.counts or reached in _PERHAPS:
                found.append((reached, each.code, each.by_receipt))
    if fate is not None and (not found or _BY_FATE[fate] in _PERHAPS):
        found.append((_BY_FATE[fate], "", False))
    if not found:
        return RowOutcome(row, Reached.UNSENT)
    reached, code, by_receipt = min(found, key=lambda one: _ORDER.index(one[0]))
    return RowOutcome(row, reached, code, by_receipt)


def _of_state(seen: _Seen, *, awaits_receipts: bool) -> Reached:
    if seen.state is State.ACCEPTED:
        return Reached.PENDING if awaits_receipts else Reached.REACHED
    if seen.state is State.CANCELLED and seen.code in KEPT_BACK:
        return Reached.SUPPRESSED
    return _BY_STATE[seen.state]


# A fallback is looked for where its first says that it was made, where that is gone, and where it failed: a
# person may have had it sent again after its fallback.
def _read(store: Store, run: Run, rows: Sequence[int]) -> list[_Chain]:
    keys = [run.key_of(row) for row in rows]
    firsts = _records(store, run, keys)
    wanted = [
        key
        for key, found in zip(keys, firsts, strict=True)
        if found is None or found[3] == FALLBACK_MADE or found[0] in _FAILED
    ]
    others = dict(zip(wanted, _records(store, run, map(fallback_key, wanted)), strict=True))
    return [_chain(first, others.get(key)) for key, first in zip(keys, firsts, strict=True)]


def _chain(first: Sequence[str] | None, fallback: Sequence[str] | None) -> _Chain:
    one, other = _seen(first), _seen(fallback)
    if other is None or (fallback and fallback[3] == FALLBACK_CALLED_BACK):
        return _Chain(one)
    return _Chain(other, one) if one is None or (first and first[3] == FALLBACK_MADE) else _Chain(one, other)


def _records(store: Store, run: Run, keys: Iterable[str]) -> list[list[str] | None]:
    pipe = store.client.pipeline(transaction=False)
    for key in keys:
        pipe.hmget(store.keys.record(run.account, key), _FIELDS)
    if not pipe.command_stack:
        return []
    return [
        [text(value) for value in found] if found and found[0] else None for found in execute(store, pipe)
    ]


def _seen(found: Sequence[str] | None) -> _Seen | None:
    if found is None or found[0] not in set(State):
        return None
    state, code, receipt, _ = found
    by_receipt = bool(receipt) and state in BY_RECEIPT
    return _Seen(State(state), receipt.partition("|")[0] if by_receipt else code, by_receipt)
