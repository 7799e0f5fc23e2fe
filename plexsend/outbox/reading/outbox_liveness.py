"""Whether the outbox is well, for probes: Redis answers, fits, has room, and nothing waits for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.figures import read_parts, waiting_in
from plexsend.outbox.reading.liveness import Liveness
from plexsend.outbox.reading.queries import routes, server_ms
from plexsend.outbox.reading.waiting import KeptBy, read_waits
from plexsend.outbox.redis.examination import look_at_server
from plexsend.outbox.redis.failures import MAKE_ROOM
from plexsend.outbox.redis.requirements import inspect
from plexsend.terminal.moments import span

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

_MARK = 0.8
"""The share of maxmemory above which nothing more is taken in."""
_TOO_LONG = (KeptBy.HOLD, KeptBy.LIMIT, KeptBy.NOTHING)
"""What waits for the morning or for a window waits as somebody planned it, however long that is."""


def describe_full(share: float | None) -> str:
    """Return that nothing more is taken in; empty where this share of maxmemory leaves room, or is None."""
    if share is None or share <= _MARK:
        return ""
    return f"Redis uses {share:.0%} of its maxmemory: above {_MARK:.0%} nothing more is taken in"


def look_at_outbox(store: Store, *, durable: bool, max_age_s: float | None = None) -> Liveness:
    """Return whether Redis takes messages and keeps them. Raises OutboxError where it does not answer or fit.

    Args:
        store: The outbox.
        durable: Whether it must write each change to disk before it answers.
        max_age_s: For how long a message may have been ready to go; None: however long.
    """
    inspect(store, durable=durable)
    server, _ = look_at_server(store)
    share = server.used_bytes / server.most_bytes if server.most_bytes else 0.0
    full = describe_full(share)
    facts: dict[str, object] = {"memory_ratio": round(share, 4)}
    if server.write_failed:
        words = "Redis could not write its append-only file: what it acknowledges may be lost"
        return Liveness(
            ok=False, words=words, remedy="Look at its log and at the room on its disk.", facts=facts
        )
    if full:
        return Liveness(ok=False, words=full, remedy=MAKE_ROOM, facts=facts)
    words = f"{server.kind} {server.version} answers" + (f", {share:.0%} full" if server.most_bytes else "")
    if max_age_s is None:
        return Liveness(ok=True, words=words, facts=facts)
    return _of_waiting(store, words, facts, max_age_s)


def _of_waiting(store: Store, words: str, facts: dict[str, object], max_age_s: float) -> Liveness:
    waiting, now_ms = waiting_in(read_parts(store, routes(store))), server_ms(store)
    waits = {
        f"{service} of account {account}": each.longest_s(now_ms, *_TOO_LONG)
        for (service, account), each in read_waits(store, waiting, read_to_show(store), now_ms).items()
    }
    oldest = max(waits, key=lambda name: waits[name], default="")
    facts |= {"max_age_s": max_age_s, "oldest_waiting_s": round(waits.get(oldest, 0.0), 3)}
    if oldest and waits[oldest] > max_age_s:
        late = f"a message of {oldest} has waited {span(waits[oldest])}, and {span(max_age_s)} are allowed"
        return Liveness(ok=False, words=late, remedy="Ask why: plexsend why", facts=facts)
    return Liveness(
        ok=True, words=f"{words}, no message has waited longer than {span(max_age_s)}", facts=facts
    )
