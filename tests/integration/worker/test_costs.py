"""What a batch costs Redis and the network, counted rather than timed: growth shows on any machine.

The figures stand a little above what was counted when they were written. Who makes one of them grow says in
docs/performance.md what it pays for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plexsend.outbox.sweep import sweep
from tests.integration.worker.room import BULK, Room, names

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store
    from plexsend.sandbox import Sandbox

BATCHES = 50
MESSAGES = BATCHES * 10
SCRIPTS = "evalsha"

CALLS_PER_MESSAGE = 7.0
"""Calls inside the script to settle a message and take the next: four of its own, 28 of its batch."""
CALLS_PER_SUBMIT = 4.1
"""Read, body, record, place."""
BYTES_TO_REDIS = 65
"""A message's share of what a drain sends: key and verdict, never the body."""
BYTES_FROM_REDIS = 66
"""A message's share of what a drain is sent, beyond its body: key, stamp, token."""
BYTES_TO_SUBMIT = 49
"""A message's share of what a submit sends, beyond its body: key, digest, framing, an empty receiver."""
CALLS_PER_IDLE_SWEEP = 19


@dataclass(frozen=True, slots=True)
class Cost:
    """What happened on a server meanwhile."""

    round_trips: int
    calls: int
    """Commands inside scripts."""
    in_bytes: int
    out_bytes: int


def cost_of(store: Store, act: Callable[[], Any]) -> Cost:
    """Return what an act costs; everything that it asks of Redis must be a script."""
    client = store.client
    client.config_resetstat()
    act()
    commands = client.info("commandstats")
    stats = client.info("stats")
    calls = {
        name.removeprefix("cmdstat_").partition("|")[0]: told["calls"] for name, told in commands.items()
    }
    trips = calls.pop(SCRIPTS)
    for own in ("config", "info"):
        calls.pop(own, None)
    return Cost(trips, sum(calls.values()), stats["total_net_input_bytes"], stats["total_net_output_bytes"])


def bytes_of_bodies(store: Store) -> int:
    """Return what the bodies of the messages take together."""
    keys = [store.keys.body("main", key) for key in names(MESSAGES)]
    return sum(len(body or b"") for body in store.client.mget(keys))


def test_one_round_trip_and_one_request_for_each_batch(room: Room, sandbox: Sandbox) -> None:
    room.submit(BULK, names(10, "warm"))
    room.drain(BULK)
    before = len(sandbox.list_requests())
    room.submit(BULK, names(MESSAGES))
    body_bytes = bytes_of_bodies(room.store)
    cost = cost_of(room.store, lambda: room.drain(BULK))
    assert len(sandbox.list_requests()) - before == BATCHES
    # One that takes the first batch, then one that settles a batch and takes the next.
    assert cost.round_trips == BATCHES + 1
    assert cost.calls / MESSAGES <= CALLS_PER_MESSAGE
    assert cost.in_bytes / MESSAGES <= BYTES_TO_REDIS
    assert (cost.out_bytes - body_bytes) / MESSAGES <= BYTES_FROM_REDIS


def test_five_hundred_messages_are_submitted_in_one_round_trip(room: Room) -> None:
    room.submit(BULK, names(10, "warm"))
    cost = cost_of(room.store, lambda: room.submit(BULK, names(MESSAGES)))
    body_bytes = bytes_of_bodies(room.store)
    assert cost.round_trips == 1
    assert cost.calls / MESSAGES <= CALLS_PER_SUBMIT
    assert (cost.in_bytes - body_bytes) / MESSAGES <= BYTES_TO_SUBMIT


def test_sweep_of_an_idle_account_costs_the_same_however_much_waits_for_later(room: Room) -> None:
    def look() -> None:
        sweep(
            room.store,
            "main",
            room.me,
            services=room.runtime.services,
            quotas={},
            quota=0,
            tidy=[BULK],
        )

    room.submit(BULK, names(10), send_at_ms=4_102_444_800_000)
    look()
    few = cost_of(room.store, look)
    room.submit(BULK, names(MESSAGES, "many"), send_at_ms=4_102_444_800_000)
    look()
    many = cost_of(room.store, look)
    assert many.calls == few.calls
    assert (many.round_trips, many.in_bytes) == (1, few.in_bytes)
    assert many.calls <= CALLS_PER_IDLE_SWEEP
