"""What Redis spends: time for each message whatever waits, bytes for each that waits or was accepted."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from bench.items import WIRE_BYTES, accepted, msg_key, preload
from bench.rounds import Figure, take_turns
from bench.stage import LANE, PREFIX
from bench.valkey import Valkey
from plexsend.gateway.items import get_loader
from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Batch, Settlement
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.redis.store import Store
from plexsend.outbox.submit import MOST_AT_ONCE, NewMessage, Submitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.row import Plan
    from plexsend.outbox.lanes import Lane

MANY, FEW = 1_000_000, 1_000
THROUGHPUT = 10_000
"""Messages put in and sent while many or few wait."""
WEIGHED = 100_000
"""Messages whose memory is measured; far enough from a power of two for the tables not to grow."""


def backlog(plan: Plan) -> list[Figure]:
    """Time in scripts for each message put in and sent, with a million waiting against a thousand."""
    many = plan.size(MANY)
    with ExitStack() as ends:
        stores = {}
        for name, waiting in (("many", many), ("few", FEW)):
            valkey = ends.enter_context(Valkey(plan.folder / name))
            store = Store.connect(valkey.url, PREFIX)
            ends.callback(store.close)
            without_limits(store)
            preload(store, LANE, 0, waiting)
            valkey.wait_rewritten()
            stores[name] = valkey, store
        plan.log(f"  {many:,} and {FEW:,} wait")
        numbers = {name: count(10_000_000, THROUGHPUT) for name in stores}
        # The first pass pays for memory that was never touched, and for tables that still grow.
        for name, (valkey, store) in stores.items():
            _pass_through(valkey, store, numbers[name])
        turns = take_turns(
            {name: partial(_pass_through, *stores[name], numbers[name]) for name in stores},
            plan.rounds,
            log=plan.log,
        )
    return [
        Figure("1,000,000 / 1,000 waiting", turns.ratio("many", "few", "us"), at_most=1.25),
        Figure("processor time of the same", turns.ratio("many", "few", "cpu_us")),
        Figure("in scripts with 1,000,000", turns.values("many", "us"), unit="µs"),
        Figure("in scripts with 1,000", turns.values("few", "us"), unit="µs"),
        Figure("processor with 1,000,000", turns.values("many", "cpu_us"), unit="µs"),
        Figure("processor with 1,000", turns.values("few", "cpu_us"), unit="µs"),
    ]


def without_limits(store: Store) -> None:
    """Set that nothing keeps a batch from going at once."""
    put(store, Where(), {"rate_per_s": 0, "linger_ms": 0}, by="bench", reason="scripts alone are measured")


def _pass_through(valkey: Valkey, store: Store, numbers: Iterator[int]) -> dict[str, float]:
    first = next(numbers)
    before_us, cpu_s = valkey.script_us(), valkey.program.cpu_s()
    preload(store, LANE, first, THROUGHPUT)
    send(store, THROUGHPUT // 10, f"bench{first}")
    cpu_us = (valkey.program.cpu_s() - cpu_s) * 1e6
    return {"us": (valkey.script_us() - before_us) / THROUGHPUT, "cpu_us": cpu_us / THROUGHPUT}


def send(store: Store, batches: int, drain: str, lane: Lane = LANE) -> None:
    """Take this many batches of a lane and settle each as accepted."""
    settlement: Settlement | None = None
    for sequence in range(1, batches + 1):
        reply = advance(store, lane, Ticket(drain, sequence), settlement=settlement)
        if not isinstance(reply, Batch):
            raise TypeError(f"batch {sequence} of {batches} was not there: {reply}")
        settlement = accepted(reply)
    advance(store, lane, Ticket(drain, batches + 1), mode=Mode.STOP, settlement=settlement)


def weight(plan: Plan) -> list[Figure]:
    """Memory of a message that waits, beyond its JSON, and in all of one that was accepted."""
    found: dict[str, list[float]] = {}
    for number in range(min(plan.rounds, 3)):
        for name, key in (("36-character keys", msg_key), ("short keys", str)):
            waiting, done = _weigh(plan, f"{number}-{name[:2]}", key)
            found.setdefault(f"{name}, waiting", []).append(waiting)
            found.setdefault(f"{name}, accepted", []).append(done)
    return [
        Figure(name, values, at_most=420 if "waiting" in name else 290, unit="bytes")
        for name, values in found.items()
    ]


def _weigh(plan: Plan, name: str, key: Callable[[int], str]) -> tuple[float, float]:
    messages = plan.size(WEIGHED)
    body = b"x" * WIRE_BYTES
    with Valkey(plan.folder / f"weight-{name}") as valkey:
        store = Store.connect(valkey.url, PREFIX)
        without_limits(store)
        intake, stamp = Submitter(store), get_loader(LANE.service).stamp.stored
        # The lane, its counts and the scripts are there before the first message is measured.
        intake.add(LANE, [NewMessage("warm-up", body)], stamp=stamp)
        send(store, 1, "warm.1")
        before = valkey.used_bytes()
        for first in range(0, messages, MOST_AT_ONCE):
            chunk = [NewMessage(key(number), body) for number in range(first, first + MOST_AT_ONCE)]
            intake.add(LANE, chunk, stamp=stamp)
        waiting = (valkey.used_bytes() - before) / messages - len(body)
        send(store, messages // 10, "weigh.1")
        done = (valkey.used_bytes() - before) / messages
        store.close()
    return waiting, done
