"""Proof that the days of an account hold what its lanes count: each message once, in its state.

Lanes and days are read one after the other while messages move. What a state holds is at least what had come
into it before the days were read, less all that had left it when they were; at most it is the other way
round, since both only grow. Where nothing moves the two are one number.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from plexsend.outbox.index import indexed_lanes
from plexsend.outbox.reading.books import read_books
from plexsend.outbox.reading.discrepancies import Discrepancy
from plexsend.outbox.reading.stats import SUBMITTED, day_sums
from plexsend.outbox.states import FINAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.reading.stats import DaySums
    from plexsend.outbox.redis.store import Store

_TRIES = 3
"""A lane of a group that ends between two looks is in neither: the next try finds it in its route."""
REMEDY = (
    "A program older than 0.5.0 counts nothing by day. Once none runs any more: plexsend stats --take-stock. "
    "If none ran since the last time, another program wrote to Redis, or plexsend has a fault: report it."
)


def compare_days(store: Store, account: str, routes: Sequence[Lane]) -> tuple[bool, list[Discrepancy]]:
    """Return whether the days of an account can be compared with its lanes, and where they differ.

    They cannot before stock was taken of what an older program counted.
    """
    found: list[Discrepancy] = []
    for _ in range(_TRIES):
        before = _moves(store, account, routes)
        days = day_sums(store, account)
        if days.since_ms is None:
            return False, []
        found = list(_breaks(account, before, days, _moves(store, account, routes)))
        if not found:
            break
    return True, found


# How many came into each state, and how many left it again; both only grow.
def _moves(store: Store, account: str, routes: Iterable[Lane]) -> tuple[Counter[str], Counter[str]]:
    entered: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for book in read_books(store, account, {*routes, *indexed_lanes(store, account)}).values():
        entered[SUBMITTED] += book.submitted
        for state in FINAL:
            gone = book.counts.get(f"x:{state}", 0)
            entered[state] += book.count(state) + book.archived(state) + gone
            left[state] += gone
    return entered, left


def _breaks(
    account: str,
    before: tuple[Counter[str], Counter[str]],
    days: DaySums,
    after: tuple[Counter[str], Counter[str]],
) -> Iterable[Discrepancy]:
    (entered_before, left_before), (entered_after, left_after) = before, after
    for name in (SUBMITTED, *FINAL):
        least = entered_before[name] - left_after[name]
        most = entered_after[name] - left_before[name]
        if not least <= days.sums[name] <= most:
            counted = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            words = f"account {account}: its days hold {days.sums[name]:,} {name}, its lanes {counted}"
            yield Discrepancy("", "", words, REMEDY)
