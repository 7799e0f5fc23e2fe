"""Reclaiming: what a drain that is gone had taken is judged and settled in its place."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from plexsend.logs import get_logger
from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Settlement
from plexsend.outbox.reading.queries import server_ms

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.sweep import Abandoned
    from plexsend.worker.runtime import Runtime

_log = get_logger("worker.housekeeping")


def reclaim(runtime: Runtime, abandoned: tuple[Abandoned, ...]) -> None:
    """Settle what was abandoned, fenced by its token: if the drain settles first, this is late."""
    if not abandoned:
        return
    now_ms = server_ms(runtime.store)
    by_take: dict[tuple[Lane, str], list[Abandoned]] = defaultdict(list)
    for item in abandoned:
        by_take[item.lane, item.token].append(item)
    for (lane, token), items in by_take.items():
        judge = runtime.judge(lane)
        entries = tuple(judge.judge_abandoned(item.message, token, now_ms=now_ms) for item in items)
        advance(
            runtime.store,
            lane,
            Ticket(runtime.name, 0),
            mode=Mode.SETTLE,
            settlement=Settlement(token, 0, entries),
        )
        _log.warning(
            "messages reclaimed from a drain that is gone",
            process=runtime.name,
            lane=lane.name,
            token=token,
            messages=len(items),
            msg_keys=[item.message.msg_key for item in items],
        )
