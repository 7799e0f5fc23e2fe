"""Putting in: `submit` against `apply_async`, and how soon a message leaves an idle system."""

from __future__ import annotations

import random
import time
from functools import partial
from statistics import quantiles
from typing import TYPE_CHECKING

from celery import Celery

from bench.clock import wait_for
from bench.items import raw_item, wire_body
from bench.rounds import Figure, take_turns
from bench.stage import Stage
from plexsend.producers import Producer

if TYPE_CHECKING:
    from bench.row import Plan

ITEMS = 20_000
SENDS = 200
"""Spaced sends whose latency is measured."""
_PAUSE_S = (0.05, 0.15)


def submit(plan: Plan) -> list[Figure]:
    """Validated items into the outbox against the same items into a Celery queue, one process each."""
    items = plan.size(ITEMS)
    with Stage(plan.folder) as stage:
        turns = take_turns(
            {
                "submit": partial(_submit, stage, items),
                "apply_async": partial(_apply_async, stage, items // 4),
            },
            plan.rounds,
            log=plan.log,
        )
    return [
        Figure("submit / apply_async", turns.ratio("submit", "apply_async", "per_s"), at_least=8),
        Figure("submit", turns.values("submit", "per_s"), unit="/s"),
        Figure("apply_async", turns.values("apply_async", "per_s"), unit="/s"),
    ]


def _submit(stage: Stage, items: int) -> dict[str, float]:
    stage.clear()
    raw = [raw_item(number) for number in range(items)]
    with Producer(stage.settings()) as producer:
        began_s = time.perf_counter()
        added = producer.submit("mms-bulk", raw).added
        took_s = time.perf_counter() - began_s
    if len(added) != items:
        raise RuntimeError(f"{len(added)} of {items} were added")
    return {"per_s": items / took_s}


def _apply_async(stage: Stage, items: int) -> dict[str, float]:
    stage.clear()
    app = Celery("each", broker=stage.valkey.url, set_as_current=False)
    app.conf.task_ignore_result = True
    send = app.signature("send")
    raw = [wire_body(number).decode() for number in range(items)]
    with app.producer_or_acquire() as producer:
        send.apply_async((raw[0],), producer=producer)
        began_s = time.perf_counter()
        for body in raw:
            send.apply_async((body,), producer=producer)
        took_s = time.perf_counter() - began_s
    app.close()
    return {"per_s": items / took_s}


def latency(plan: Plan) -> list[Figure]:
    """From the return of submit to the arrival at the gateway, linger 0, nothing else under way."""
    found = [_latency(plan, number) for number in range(min(plan.rounds, 3))]
    for p50, p99 in found:
        plan.log(f"  p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    return [
        Figure("p50", [p50 for p50, _ in found], at_most=20, unit="ms", best=True),
        Figure("p99", [p99 for _, p99 in found], at_most=50, unit="ms", best=True),
    ]


def _latency(plan: Plan, number: int) -> tuple[float, float]:
    chance = random.Random(number)
    left_s = []
    with Stage(plan.folder / f"latency-{number}", keep_keys=True) as stage:
        worker = stage.ready_worker(PLEXSEND_LINGER_MS="0")
        with Producer(stage.settings(PLEXSEND_LINGER_MS="0")) as producer:
            # The first send finds no lane yet: the workers look for new ones twice a second.
            producer.submit("mms-bulk", [raw_item(0)])
            stage.wait_sent(1)
            for send in range(1, SENDS + 1):
                time.sleep(chance.uniform(*_PAUSE_S))
                producer.submit("mms-bulk", [raw_item(send)])
                left_s.append(time.monotonic())
                wait_for(partial(_has, stage, send + 1), what="the message at the gateway", within_s=30)
        came_s = [at_s for _, at_s in stage.gateway.moments()][1:]
        worker.end()
    waits = [(came - left) * 1000 for came, left in zip(came_s, left_s, strict=True)]
    points = quantiles(waits, n=100)
    return points[49], points[98]


def _has(stage: Stage, messages: int) -> bool:
    return stage.sent() >= messages
