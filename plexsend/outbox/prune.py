"""Forgetting records that ended some time ago, before the policy `keep_days` would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.errors import OutboxMoved, UsageError
from plexsend.outbox.arguments import PRUNE
from plexsend.outbox.reading import queries
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from plexsend.outbox.redis.store import Store

SHORTEST_S = 3600
"""What ended later is never forgotten: a late answer, or a producer that tries again, needs the record."""


def ended_count(store: Store, account: str) -> int:
    """Return how many ended messages an account remembers; some may be counted twice."""
    pipe = store.client.pipeline(transaction=False)
    for lane in _lists(store, account):
        pipe.llen(store.keys.lane(account, lane, "ended") if lane else f"{store.keys.account(account)}ended")
    return sum(map(number, execute(store, pipe)))


def prune(store: Store, account: str, older_than: timedelta) -> Iterator[int]:
    """Forget records of an account that ended longer ago, and yield how many each call took away.

    What was accepted and may still have its receipt is kept, where receipts come at all.
    It may be stopped after any call; each takes at most a hundred. UsageError for less than an hour.
    """
    older_ms = round(older_than.total_seconds() * 1000)
    if older_ms < SHORTEST_S * 1000:
        raise UsageError("What ended less than an hour ago is never forgotten.")
    for lane in _lists(store, account):
        status, place = "more", 0
        while status == "more":
            try:
                args = PRUNE.write(older_ms=older_ms, lane=lane, place=place)
                answer = store.run(Script.PRUNE, account, args)
            except OutboxMoved:
                # Its messages are on another server: nothing here is its own.
                return
            status, place = text(answer[0]), number(answer[2])
            yield number(answer[1])


def _lists(store: Store, account: str) -> list[str]:
    """Return whose lists there may be: the account's (empty), and those of lanes in form 1."""
    return ["", *(lane.name for lane in queries.lanes(store) if lane.account == account)]
