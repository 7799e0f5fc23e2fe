"""Replays: a reader gets again what was published since a time, rebuilt from the records.

Whatever the stream lost, the records know what became of each message, as long as they are kept. What is
rebuilt is put into a stream of the reader's own, which it reads first; other readers hear nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.arguments_results import REPLAY
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number
from plexsend.outbox.results.walking import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store


def replay(
    store: Store,
    account: str,
    name: str,
    since_ms: int,
    *,
    progress: Callable[[int], object] | None = None,
) -> int | None:
    """Rebuild the last result of each message, where it was published since; return how many.

    None where there is no such reader. It may be stopped at any moment, and begun again: then some are given
    twice. Raises OutboxFull where Redis has no room for it.

    Args:
        store: Where the account is.
        account: The account.
        name: The reader.
        since_ms: From when on.
        progress: Called with the number of messages rebuilt so far.
    """
    walk = Walk(store, Script.REPLAY, REPLAY, account, name)
    begun = walk.begin()
    if begun is None:
        return None
    until_ms, rebuilt = int(begun[0]), 0
    for answer in walk.pages(since_ms=since_ms, until_ms=until_ms):
        rebuilt += number(answer[2])
        if progress is not None:
            progress(rebuilt)
    walk.end(since_ms=since_ms, until_ms=until_ms)
    return rebuilt
