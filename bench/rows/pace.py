"""How fast one worker process sends, and what that costs, against its peers in the same minutes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.rounds import Figure, take_turns
from bench.senders import (
    CELERY_EACH,
    CELERY_TEN,
    DRAMATIQ_EACH,
    cpu_of_bare,
    fastest,
    send_bare,
    send_with_peer,
    send_with_worker,
)
from bench.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.row import Plan
    from bench.senders import Peer

MESSAGES = 60_000
"""In a run of the worker: some seconds."""
PEER_MESSAGES = 4_000
"""In a run of a peer that sends one message a task."""
FOREIGN_STAMP = "mms:v2:1:00000000"
"""No version's stamp: a message with it is judged again."""
SLOW_MS = 100


def against_bare(plan: Plan) -> list[Figure]:
    """One worker process against the bare loop, each with the better of its numbers of threads."""
    return _against_bare(plan, workers=(4, 8), bare=(1, 4, 8), at_least=1.05)


def rechecked(plan: Plan) -> list[Figure]:
    """The same when every message is loaded by marshmallow again in the worker."""
    return _against_bare(plan, workers=(4, 8), bare=(1, 4, 8), at_least=0.55, stamp=FOREIGN_STAMP)


def _against_bare(
    plan: Plan, *, workers: Sequence[int], bare: Sequence[int], at_least: float, stamp: str | None = None
) -> list[Figure]:
    messages = plan.size(MESSAGES)
    with Stage(plan.folder) as stage:
        sides: dict[str, Callable[[], Mapping[str, float]]] = {}
        for threads in workers:
            sides[f"worker {threads}"] = partial(
                send_with_worker, stage, messages, "--concurrency", str(threads), stamp=stamp
            )
        for threads in bare:
            sides[f"bare {threads}"] = partial(send_bare, stage, messages, threads)
        turns = take_turns(sides, plan.rounds, log=plan.log)
    ours = turns.best_of([f"worker {threads}" for threads in workers], "per_s")
    theirs = turns.best_of([f"bare {threads}" for threads in bare], "per_s")
    alike = [
        Figure(f"{threads} threads each", turns.ratio(f"worker {threads}", f"bare {threads}", "per_s"))
        for threads in workers
        if threads in bare
    ]
    return [
        Figure(f"{ours} threads / {theirs} threads", turns.ratio(ours, theirs, "per_s"), at_least=at_least),
        *alike,
        Figure("messages/s", turns.values(ours, "per_s"), unit="/s"),
        Figure("bare messages/s", turns.values(theirs, "per_s"), unit="/s"),
        Figure("worker CPU a message", turns.values(ours, "sender_us"), unit="µs"),
        Figure("bare CPU a message", turns.values(theirs, "sender_us"), unit="µs"),
        Figure("Valkey CPU a message", turns.values(ours, "valkey_us"), unit="µs"),
        Figure("gateway CPU a message", turns.values(ours, "gateway_us"), unit="µs"),
    ]


def against_celery(plan: Plan) -> list[Figure]:
    """One worker process against one Celery task a message."""
    return _against_peer(plan, CELERY_EACH, at_least=20)


def against_batches(plan: Plan) -> list[Figure]:
    """One worker process against celery-batches."""
    return _against_peer(plan, CELERY_TEN, at_least=10)


def against_dramatiq(plan: Plan) -> list[Figure]:
    """One worker process against one dramatiq actor a message."""
    return _against_peer(plan, DRAMATIQ_EACH, at_least=12)


def _against_peer(plan: Plan, peers: Mapping[str, Peer], *, at_least: float) -> list[Figure]:
    messages, peer_messages = plan.size(MESSAGES), plan.size(PEER_MESSAGES)
    with Stage(plan.folder) as stage:
        ways = {name: partial(send_with_peer, stage, peer_messages, peer) for name, peer in peers.items()}
        ours = {
            str(threads): partial(send_with_worker, stage, messages, "--concurrency", str(threads))
            for threads in (4, 8)
        }
        theirs, threads = fastest(ways, plan.log), fastest(ours, plan.log)
        turns = take_turns({"worker": ours[threads], "peer": ways[theirs]}, plan.rounds, log=plan.log)
    return [
        Figure(f"against {theirs}", turns.ratio("worker", "peer", "per_s"), at_least=at_least),
        Figure("peer's messages/s", turns.values("peer", "per_s"), unit="/s"),
        Figure("peer's CPU a message", turns.values("peer", "sender_us"), unit="µs"),
        Figure("worker CPU a message", turns.values("worker", "sender_us"), unit="µs"),
    ]


def cost(plan: Plan) -> list[Figure]:
    """The worker's processor time against a bare `post(json=…)` and marshmallow's load, added up."""
    messages = plan.size(MESSAGES)
    with Stage(plan.folder) as stage:
        turns = take_turns(
            {
                "worker": partial(send_with_worker, stage, messages, "--concurrency", "4"),
                "json": lambda: {"us": cpu_of_bare(stage, messages, "json")},
                "load": lambda: {"us": cpu_of_bare(stage, messages, "load")},
            },
            plan.rounds,
            log=plan.log,
        )
    by_hand = [a + b for a, b in zip(turns.values("json", "us"), turns.values("load", "us"), strict=True)]
    worker = turns.values("worker", "sender_us")
    return [
        Figure("worker / (json + load)", [a / b for a, b in zip(worker, by_hand, strict=True)], at_most=0.6),
        Figure("worker", worker, unit="µs"),
        Figure("post(json=…)", turns.values("json", "us"), unit="µs"),
        Figure("Schema(many=True).load", turns.values("load", "us"), unit="µs"),
    ]


def slow_gateway(plan: Plan) -> list[Figure]:
    """64 connections to a gateway that takes 100 ms, against 64 bare threads."""
    messages = plan.size(80_000)
    with Stage(plan.folder, delay_ms=SLOW_MS) as stage:
        worker = partial(send_with_worker, stage, messages, "--concurrency", "64", PLEXSEND_CONNECTIONS="64")
        turns = take_turns(
            {"worker": worker, "bare": partial(send_bare, stage, messages, 64)}, plan.rounds, log=plan.log
        )
    return [
        Figure("against 64 bare threads", turns.ratio("worker", "bare", "per_s"), at_least=0.97),
        Figure("messages/s", turns.values("worker", "per_s"), unit="/s"),
        Figure("worker CPU a message", turns.values("worker", "sender_us"), unit="µs"),
    ]
