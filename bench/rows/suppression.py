"""Numbers that must not be written to: what a million take in Redis, and what each take pays for looking."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from bench.items import msg_key, wire_body
from bench.rounds import Figure, take_turns
from bench.rows.redis_cost import send, without_limits
from bench.stage import LANE, PREFIX
from bench.valkey import Valkey
from plexsend.gateway.items import get_loader
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.receivers import receiver_of
from plexsend.outbox.redis.store import Store
from plexsend.outbox.submit import MOST_AT_ONCE, NewMessage, Submitter
from plexsend.outbox.suppression import SuppressionKind, Suppressions, SuppressionSource, Suppressor
from plexsend.settings import NumberKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.row import Plan

NUMBERS = 1_000_000
MESSAGES = 10_000
"""Taken in each turn."""
_KEY = NumberKey("bench" * 8)
_ALLOCATORS = {"the machine's allocator": {}, "the C library's allocator": {"LD_PRELOAD": ""}}
_READS = ("hget", "hmget")
"""Commands by which a number is looked up: its entry, and its hash with the record."""
ADS = Lane.of(LANE.service, None, LANE.account, None, Advertising.CONSENTED)
"""Advertisements that wait for no morning: the hours are compared either way."""


def suppression(plan: Plan) -> list[Figure]:
    """Bytes of a suppressed number by allocator; time in scripts of a message that is looked up, and not."""
    figures = [
        Figure(f"bytes a number, {name}", [_weigh(plan, at, environ)], at_most=24, unit="bytes")
        for at, (name, environ) in enumerate(_ALLOCATORS.items())
    ]
    return [*figures, *_looked_up(plan)]


def _fill(store: Store, numbers: int, kind: SuppressionKind = SuppressionKind.ADS) -> None:
    own = Suppressions(store, LANE.account, _KEY)
    origin = Suppressor(SuppressionSource.IMPORT, "bench")
    own.add((f"0108{n:07}" for n in range(numbers)), kind, origin)


def _weigh(plan: Plan, at: int, environ: dict[str, str]) -> float:
    numbers = plan.size(NUMBERS)
    with Valkey(plan.folder / f"weigh-{at}", environ) as valkey:
        store = Store.connect(valkey.url, PREFIX)
        _fill(store, 1)
        before = valkey.used_bytes()
        _fill(store, numbers)
        used = (valkey.used_bytes() - before) / numbers
        store.close()
    return used


def _looked_up(plan: Plan) -> list[Figure]:
    """Compare lanes on one server: nothing to look up, advertisements, and order notices with `all`."""
    with Valkey(plan.folder / "looked-up") as valkey:
        store = Store.connect(valkey.url, PREFIX)
        without_limits(store)
        _fill(store, plan.size(NUMBERS))
        numbers = count(10_000_000, MESSAGES)
        sides = {
            "plain": partial(_take, valkey, store, numbers, LANE),
            "again": partial(_take, valkey, store, numbers, LANE),
            "advertisements": partial(_take, valkey, store, numbers, ADS),
        }
        for side in sides.values():
            side()
        turns = take_turns(sides, plan.rounds, log=plan.log)
        # From here on everything is suppressed for somebody, so order notices are looked up too.
        own = Suppressions(store, LANE.account, _KEY)
        own.add(["01099999999"], SuppressionKind.ALL, Suppressor(SuppressionSource.IMPORT, "bench"))
        notices = [sides["plain"]()["us"] for _ in range(plan.rounds)]
        store.close()
    plain, ads = turns.values("plain", "us"), turns.values("advertisements", "us")
    more = [one - other for one, other in zip(ads, plain, strict=True)]
    again = turns.values("again", "us")
    reads = (turns.values("advertisements", "reads_us"), turns.values("plain", "reads_us"))
    commands = [one - other for one, other in zip(*reads, strict=True)]
    return [
        Figure("a look-up for an advertisement: its commands", commands, at_most=2, unit="µs"),
        Figure("an advertisement's way through the script, more than plain", more, unit="µs"),
        Figure("advertisements / plain", turns.ratio("advertisements", "plain", "us")),
        Figure("plain against itself", [o - p for o, p in zip(again, plain, strict=True)], unit="µs"),
        Figure("order notices where all is suppressed for somebody", notices, unit="µs"),
        Figure("plain, in scripts", plain, unit="µs"),
    ]


def _take(valkey: Valkey, store: Store, numbers: Iterator[int], lane: Lane) -> dict[str, float]:
    first = next(numbers)
    stamp = get_loader(LANE.service).stamp.stored
    intake = Submitter(store, _KEY)
    for start in range(first, first + MESSAGES, MOST_AT_ONCE):
        chunk = [
            NewMessage(msg_key(n), wire_body(n), receiver_of(f"0107{n % 10_000_000:07}", _KEY))
            for n in range(start, start + MOST_AT_ONCE)
        ]
        intake.add(lane, chunk, stamp=stamp)
    before_us, before_reads_us = valkey.script_us(), valkey.command_us(*_READS)
    send(store, MESSAGES // 10, f"bench{first}", lane)
    us, reads_us = valkey.script_us() - before_us, valkey.command_us(*_READS) - before_reads_us
    return {"us": us / MESSAGES, "reads_us": reads_us / MESSAGES}
