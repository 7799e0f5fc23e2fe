"""What limits let go: how much of a day's was sent, and when a rate lets the next go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.gateway.services import SERVICES
from plexsend.outbox.policies.rows import ROWS
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plexsend.outbox.policies.in_force import Agreed
    from plexsend.outbox.redis.store import Store

_LIMIT = ROWS["daily_limit"]


def day_limit(agreed: Agreed, service: str, account: str) -> int:
    """Return how many messages may be sent in a day; 0: no limit."""
    found = agreed.text(_LIMIT, service, account)
    return int(_LIMIT.value(_LIMIT.default if found is None else found))


def limited_parts(agreed: Agreed, accounts: Iterable[str]) -> dict[tuple[str, str], int]:
    """Return the service and account of each limit that there is, with the limit."""
    if not any(name == _LIMIT.name for _, name in agreed.set_values):
        return {}
    parts = [(service, account) for account in accounts for service in SERVICES]
    limits = {part: day_limit(agreed, *part) for part in parts}
    return {part: limit for part, limit in limits.items() if limit}


def sent_today(store: Store, parts: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return how many messages each service of an account has sent since midnight, in one round trip."""
    if not parts:
        return {}
    pipe = store.client.pipeline(transaction=False)
    pipe.time()
    for service, account in parts:
        pipe.get(store.keys.day(account, service))
    (seconds, _), *replies = execute(store, pipe)
    return {
        part: _count(text(found), int(seconds) * 1000) for part, found in zip(parts, replies, strict=True)
    }


# The next midnight and the count until then, perhaps more; once that has passed, nothing was sent yet.
def _count(entry: str, now_ms: int) -> int:
    midnight, count = (number(word) for word in (*entry.split(" "), "", "")[:2])
    return count if midnight > now_ms else 0


def next_permits_s(store: Store, rates: Mapping[tuple[str, str], tuple[float, int]]) -> list[float]:
    """Return in how many seconds each service of an account has the permits for its next batch; 0: now.

    `rates`: service and account → messages a second (0: no limit), and messages in a batch.
    """
    if not rates:
        return []
    pipe = store.client.pipeline(transaction=False)
    pipe.time()
    for service, account in rates:
        pipe.get(store.keys.rate(account, service))
    (seconds, micros), *replies = execute(store, pipe)
    now_us = int(seconds) * 1_000_000 + int(micros)
    return [
        _wait_s(max(0, number(found) - now_us) / 1_000_000, *limit)
        for found, limit in zip(replies, rates.values(), strict=True)
    ]


# As the scripts have it (_rate.lua): two batches may go at once, and a time further ahead is cut.
def _wait_s(taken_s: float, rate_per_s: float, most_items: int) -> float:
    if not rate_per_s:
        return 0.0
    at_once_s = 2 * most_items / rate_per_s
    return max(0.0, min(taken_s, at_once_s) + most_items / rate_per_s - at_once_s)
