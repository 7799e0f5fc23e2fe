"""The figures of `flow`, read in few round trips: all lanes, then after a second what went out meanwhile."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any

from plexsend.gateway.services import MOST_ITEMS
from plexsend.outbox.fleet import fleet
from plexsend.outbox.lanes import Advertising
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.flow import PartFacts
from plexsend.outbox.reading.limits import day_limit, next_permits_s, sent_today
from plexsend.outbox.reading.out_of_window import read_windows
from plexsend.outbox.reading.quiet import read_quiet
from plexsend.outbox.reading.serving import read_serving
from plexsend.outbox.redis.reads import execute
from plexsend.outbox.replies import number
from plexsend.outbox.runs.run import is_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from plexsend.outbox.holds import Hold
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.policies.in_force import Agreed
    from plexsend.outbox.redis.store import Store

SAMPLE_S = 1.0
"""Between the two looks from which the pace follows."""
_MOST_LOOKS, _ENOUGH = 4, 20
"""Looks until the pace is reported, where fewer requests than this were answered and some are under way."""
_AT_ONCE = 500
"""Lanes in one round trip."""


@dataclass(slots=True)
class _Part:
    """What is added up over the lanes of a service and account."""

    waiting: int = 0
    scheduled: int = 0
    sending: int = 0
    quiet: int = 0
    morning: str = ""
    outside: int = 0
    opens_ms: int | None = None
    oldest_us: float | None = None
    due_ms: float | None = None
    held: int = 0
    holds: dict[str, Hold] = field(default_factory=dict)
    routes: set[Lane] = field(default_factory=set)
    """Those in which something waits."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What one route has sent since it began."""

    drains: int
    messages: int
    requests: int


def gather(
    store: Store,
    agreed: Agreed,
    *,
    wanted: Callable[[Lane], bool] = lambda _: True,
    sleep: Callable[[float], None] | None = None,
) -> list[PartFacts]:
    """Return the figures of each service and account, of the lanes that are wanted, sorted.

    Args:
        store: Where the messages are.
        agreed: The policies of the fleet.
        wanted: Which lanes count.
        sleep: Waits for the next look; None: for a second, up to four where requests take long.
    """
    lanes = [lane for lane in queries.lanes(store) if wanted(lane)]
    now_ms = queries.server_ms(store)
    parts = _read_lanes(store, lanes, agreed, now_ms)
    routes = {lane.route for lane in lanes}
    first, second, over_s = _watch(
        store,
        routes,
        sleep or time.sleep,
        moves=any(part.waiting or part.sending for part in parts.values()),
    )
    accounts = sorted({lane.account for lane in lanes})
    serving = read_serving(store, fleet(store, accounts), accounts)
    sent = sent_today(store, list(parts))
    policies = {(service, account): agreed.of(account).service(service) for service, account in sorted(parts)}
    most = {part: min(parts[part].waiting, MOST_ITEMS) for part in policies}
    rates = {part: (policy.rate_per_s, most[part]) for part, policy in policies.items()}
    found = []
    for ((service, account), policy), next_s in zip(
        policies.items(), next_permits_s(store, rates), strict=True
    ):
        part = parts[service, account]
        mine = [route for route in routes if (route.service, route.account) == (service, account)]
        able = serving.able(service, account)
        found.append(
            PartFacts(
                service=service,
                account=account,
                waiting=part.waiting,
                scheduled=part.scheduled,
                sending=part.sending,
                quiet=part.quiet,
                morning=part.morning,
                outside=part.outside,
                opens_s=None if part.opens_ms is None else (part.opens_ms - now_ms) / 1000,
                oldest_s=None if part.oldest_us is None else max(0.0, now_ms / 1000 - part.oldest_us / 1e6),
                next_due_s=None if part.due_ms is None else (part.due_ms - now_ms) / 1000,
                holds=tuple(sorted(part.holds.values(), key=lambda hold: (hold.since_ms, hold.field))),
                held=part.held,
                sent_per_s=sum(second[route].messages - first[route].messages for route in mine) / over_s,
                requests_per_s=sum(second[route].requests - first[route].requests for route in mine) / over_s,
                drains=sum(second[route].drains for route in mine),
                most_drains=policy.connections * len(part.routes),
                rate_per_s=policy.rate_per_s,
                next_s=next_s,
                day_limit=day_limit(agreed, service, account),
                sent_today=sent[service, account],
                processes=len(able),
                threads=sum(process.announced.threads for process in able),
                busy=sum(process.busy for process in able),
                unserved_because="" if able else serving.nobody(service, account),
            )
        )
    return found


def _watch(
    store: Store, routes: Iterable[Lane], sleep: Callable[[float], None], *, moves: bool
) -> tuple[dict[Lane, _Sent], dict[Lane, _Sent], float]:
    """Return what each route had sent at two moments, and how many seconds they are apart."""
    first, began_ms = _read_routes(store, routes), queries.server_ms(store)
    looks = _MOST_LOOKS if moves else 0
    while True:
        if looks:
            sleep(SAMPLE_S)
        second, now_ms = _read_routes(store, routes), queries.server_ms(store)
        looks -= 1
        answers = sum(second[route].requests - first[route].requests for route in second)
        # Requests that take long are answered in waves: a second may see none of them, or all.
        if looks <= 0 or answers >= _ENOUGH or not any(sent.drains for sent in second.values()):
            return first, second, max((now_ms - began_ms) / 1000, 0.001)


def _read_lanes(
    store: Store, lanes: Iterable[Lane], agreed: Agreed, now_ms: int
) -> Mapping[tuple[str, str], _Part]:
    quiet_of = cache(lambda account: read_quiet(store, account, agreed))
    windows_of = cache(lambda account: read_windows(store, account))
    parts: dict[tuple[str, str], _Part] = defaultdict(_Part)
    holds: dict[str, list[Hold]] = {}
    everywhere = queries.service_pauses(store)
    for page in _pages(lanes):
        pipe = store.client.pipeline(transaction=False)
        for lane in page:
            for name in ("ready", "later", "sending"):
                pipe.zcard(store.keys.lane(lane.account, lane.name, name))
            pipe.zrange(store.keys.lane(lane.account, lane.name, "ready"), 0, 0, withscores=True)
            pipe.zrange(store.keys.lane(lane.account, lane.name, "later"), 0, 0, withscores=True)
        replies = iter(execute(store, pipe))
        for lane in page:
            if lane.account not in holds:
                holds[lane.account] = queries.holds(store, lane.account)
            cover = queries.covering([*holds[lane.account], *everywhere], lane)
            part, reply = parts[lane.service, lane.account], tuple(islice(replies, 5))
            waits_for_morning = lane.advertising is Advertising.QUIET and not cover and reply[0]
            if waits_for_morning and (quiet := quiet_of(lane.account)).holds(now_ms):
                part.quiet += reply[0]
                part.morning = quiet.morning(now_ms)
                # None of them is ready: the hours are in the way of no other.
                reply = (0, *reply[1:3], [], reply[4])
            window = windows_of(lane.account).get(lane.group or "") if is_run(lane.group) else None
            if window is not None and window.holds(now_ms) and not cover:
                part.outside += reply[0]
                part.opens_ms = _sooner(part.opens_ms, window.opens_ms(now_ms))
                reply = (0, *reply[1:3], [], reply[4])
            _add(part, lane, reply, cover)
    return parts


def _add(part: _Part, lane: Lane, reply: tuple[Any, ...], cover: Iterable[Hold]) -> None:
    ready, later, sending, oldest, due = reply
    part.waiting += ready
    part.scheduled += later
    part.sending += sending
    part.oldest_us = _least(part.oldest_us, oldest)
    part.due_ms = _least(part.due_ms, due)
    if not ready:
        return
    part.routes.add(lane.route)
    over = {hold.field: hold for hold in cover}
    if over:
        part.held += ready
        part.holds |= over


def _sooner(known: int | None, opens_ms: int | None) -> int | None:
    return min((each for each in (known, opens_ms) if each is not None), default=None)


# What another program wrote there need not be finite.
def _least(known: float | None, first: list[tuple[bytes, float]]) -> float | None:
    if not first or not isfinite(first[0][1]):
        return known
    return first[0][1] if known is None else min(known, first[0][1])


def _read_routes(store: Store, routes: Iterable[Lane]) -> dict[Lane, _Sent]:
    found: dict[Lane, _Sent] = {}
    for page in _pages(routes):
        pipe = store.client.pipeline(transaction=False)
        pipe.time()
        for route in page:
            pipe.hmget(store.keys.lane(route.account, route.name, "counts"), "fill", "batches")
            pipe.zrange(store.keys.lane(route.account, route.name, "drains"), 0, -1, withscores=True)
        (seconds, _), *replies = execute(store, pipe)
        for route, (fill, batches), drains in zip(page, replies[::2], replies[1::2], strict=True):
            running = sum(
                1 for name, lapses in drains if lapses > int(seconds) * 1000 and not name.startswith(b"bell:")
            )
            found[route] = _Sent(running, number(fill), number(batches))
    return found


def _pages(items: Iterable[Lane]) -> Iterator[list[Lane]]:
    remaining = iter(items)
    while page := list(islice(remaining, _AT_ONCE)):
        yield page
