"""Results: what a reader does against a bare loop over the same stream, and what publishing costs Redis."""

from __future__ import annotations

import time
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from bench.items import msg_key, preload
from bench.rounds import Figure, take_turns
from bench.rows.redis_cost import send, without_limits
from bench.stage import LANE, PREFIX
from bench.valkey import Valkey
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.receipts import Receipt, take_receipts
from plexsend.outbox.redis.store import Store
from plexsend.outbox.results.readers import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.row import Plan

ENTRIES = 20_000
"""Entries that are read, of ten messages each."""
SPAN = 100
"""Entries of a span, and of a page of the bare loop."""
BATCHES = 2_000
"""Batches of ten that are settled with results and without, in turn."""
RECEIPTS = 2_000


def results(plan: Plan) -> list[Figure]:
    """A reader against XRANGE; bytes of the stream a result; what publishing adds to a batch."""
    with Valkey(plan.folder / "results") as valkey:
        store = Store.connect(valkey.url, PREFIX)
        without_limits(store)
        costs = _publishing(plan, valkey, store)
        sizes = _sizes(store)
        _fill(store, plan.size(ENTRIES))
        readers = count()
        turns = take_turns(
            {"reader": lambda: _hear(store, next(readers)), "bare": lambda: _bare(store)},
            plan.rounds,
            log=plan.log,
        )
        store.close()
    return [
        Figure("reader / bare XRANGE loop", turns.ratio("reader", "bare", "per_s"), at_least=0.8),
        Figure("results heard", turns.values("reader", "per_s"), unit="a second"),
        *sizes,
        *costs,
    ]


def _hear(store: Store, number: int) -> dict[str, float]:
    reader = Reader(store, LANE.account, f"bench{number}", "p", from_start=True)
    heard, done, started = 0, "", time.perf_counter()
    while span := reader.read(SPAN, done):
        heard += sum(len(entry.msg_keys) for entry in span.entries)
        done = span.first
    return {"per_s": heard / (time.perf_counter() - started)}


# What somebody would write who wants to know which messages came into which state, where nothing fails.
def _bare(store: Store) -> dict[str, float]:
    client: Any = store.client
    stream, heard, last = store.keys.results(LANE.account), 0, b"-"
    started = time.perf_counter()
    while page := client.xrange(stream, min=last, count=SPAN):
        entries = [(fields[b"s"].decode(), fields[b"k"].decode().split(" ")) for _, fields in page]
        heard += sum(len(keys) for _, keys in entries)
        last = b"(" + page[-1][0]
    return {"per_s": heard / (time.perf_counter() - started)}


def _fill(store: Store, entries: int) -> None:
    client: Any = store.client
    stream = store.keys.results(LANE.account)
    client.delete(stream)
    pipe = client.pipeline(transaction=False)
    for number in range(entries):
        keys = " ".join(msg_key(number * 10 + place) for place in range(10))
        pipe.xadd(stream, {"s": "accepted", "l": LANE.name, "c": "C100", "k": keys, "m": ""})
        if number % 1_000 == 0:
            pipe.execute()
    pipe.execute()


def _publishing(plan: Plan, valkey: Valkey, store: Store) -> list[Figure]:
    numbers = count(0, BATCHES * 10)
    sides = {
        "published": partial(_settle, valkey, store, numbers, 7),
        "not": partial(_settle, valkey, store, numbers, 0),
    }
    # The first pass pays for memory that was never touched.
    for measure in sides.values():
        measure()
    turns = take_turns(sides, plan.rounds, log=plan.log)
    pairs = [*zip(turns.sides["published"], turns.sides["not"], strict=True)]
    return [
        Figure("publishing, commands a batch", [one["commands"] - other["commands"] for one, other in pairs]),
        Figure(
            "publishing, in scripts a batch", [one["us"] - other["us"] for one, other in pairs], unit="µs"
        ),
    ]


def _settle(valkey: Valkey, store: Store, numbers: Iterator[int], days: int) -> dict[str, float]:
    put(store, Where(), {"results_keep_days": days}, by="bench", reason="with results and without")
    first = next(numbers)
    preload(store, LANE, first, BATCHES * 10)
    before_us, before = valkey.script_us(), _calls(valkey)
    send(store, BATCHES, f"bench{first}")
    spent = _calls(valkey) - before
    return {"us": (valkey.script_us() - before_us) / BATCHES, "commands": spent / BATCHES}


def _calls(valkey: Valkey) -> int:
    stats: dict[str, Any] = valkey.client.info("commandstats")
    return sum(int(each["calls"]) for name, each in stats.items() if name != "cmdstat_info")


def _sizes(store: Store) -> list[Figure]:
    """Return the bytes of the stream for a result: ten in an entry, and receipts that come one by one."""
    client: Any = store.client
    stream = store.keys.results(LANE.account)
    put(store, Where(), {"results_keep_days": 7}, by="bench", reason="with results")
    tens = client.memory_usage(stream, samples=0) / sum(
        fields[b"k"].count(b" ") + 1 for _, fields in client.xrange(stream)
    )
    client.delete(stream)
    for number in range(RECEIPTS):
        take_receipts(store, LANE.account, [Receipt(msg_key(number), "0", "SKT", 1_764_000_000_000)])
    ones = client.memory_usage(stream, samples=0) / client.xlen(stream)
    return [
        Figure("stream, ten results in an entry", [tens], at_most=47, unit="bytes a result"),
        Figure("stream, a receipt in an entry", [ones], unit="bytes a result"),
    ]
