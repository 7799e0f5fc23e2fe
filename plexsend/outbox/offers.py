"""Numbers that receipts offer for suppression: two said that nobody has the number. A person decides.

Only their hashes are known, so all of them are decided about together, or those that were offered on a day.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from plexsend.outbox.arguments_lists import SUPPRESS
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number
from plexsend.outbox.suppression import SuppressionKind, by_bucket, counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.suppression import Suppressor

_BUCKETS_A_CALL = 16
"""With a million numbers a thousand of them: a millisecond or two."""


class OfferDecision(StrEnum):
    """What becomes of what is offered."""

    ACCEPT = "accept"
    """The numbers are suppressed for everything."""
    DECLINE = "decline"
    """They are offered no more, until two receipts say so again."""


def offered_at(store: Store, account: str) -> Counter[int]:
    """Return when numbers were offered (ms, to the hour), and how many each time."""
    return Counter(since_ms for _, since_ms in _offers(store, account))


def decide(
    store: Store,
    account: str,
    decision: OfferDecision,
    origin: Suppressor,
    *,
    run: str,
    since_ms: int = 0,
    until_ms: int = 0,
) -> int:
    """Decide about what is offered, and return how many numbers that was.

    Args:
        store: Where they are.
        account: Whose they are.
        decision: What becomes of them.
        origin: Who decides.
        run: The name of this decision in the log.
        since_ms: The first moment of offering.
        until_ms: The moment behind the last one; 0: no end.
    """
    chosen = {
        bucket: None
        for bucket, at_ms in _offers(store, account)
        if at_ms >= since_ms and (not until_ms or at_ms < until_ms)
    }
    buckets, count = iter(chosen), 0
    while part := list(islice(buckets, _BUCKETS_A_CALL)):
        values = SUPPRESS.write(
            act=str(decision),
            hashed_by="",
            kind="",
            scope="",
            all_scopes=1,
            origin=origin.as_json(),
            since_ms=since_ms,
            until_ms=until_ms,
            is_told=0,
            begins=0,
            run=run,
        )
        reply = store.run(Script.SUPPRESS, account, [*values, *part])
        count += number(reply[1])
    return count


def _offers(store: Store, account: str) -> Iterator[tuple[int, int]]:
    if not counts(store, account)[SuppressionKind.OFFERED]:
        return
    for bucket, entries in by_bucket(store, account):
        for entry in entries:
            if entry.kind is SuppressionKind.OFFERED:
                yield bucket, entry.since_ms
