"""What of runs is in Redis: how much of their lanes lives, and which of their messages have records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.redis.reads import execute

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

_LIVES_IN = ("later", "ready", "sending", "uncertain")
_AT_ONCE = 500
"""Keys in one round trip."""


def living(store: Store, account: str, lanes: Sequence[Lane]) -> list[int]:
    """Return how many messages of each lane live: scheduled, waiting, being sent or parked."""
    if not lanes:
        return []
    pipe = store.client.pipeline(transaction=False)
    for lane in lanes:
        for part in _LIVES_IN:
            pipe.zcard(store.keys.lane(account, lane.name, part))
    found = iter(execute(store, pipe))
    return [sum(next(found) for _ in _LIVES_IN) for _ in lanes]


def with_records(store: Store, account: str, msg_keys: Collection[str]) -> set[str]:
    """Return those of these keys under which a message is known."""
    asked = list(msg_keys)
    found: set[str] = set()
    for at in range(0, len(asked), _AT_ONCE):
        page = asked[at : at + _AT_ONCE]
        pipe = store.client.pipeline(transaction=False)
        for msg_key in page:
            pipe.exists(store.keys.record(account, msg_key))
        found.update(key for key, is_there in zip(page, execute(store, pipe), strict=True) if is_there)
    return found
