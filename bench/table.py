"""The table of targets: every row with what measures it."""

from __future__ import annotations

from bench.row import Row
from bench.rows import (
    heard,
    idle,
    intake,
    lanes,
    limits,
    line,
    memory,
    pace,
    probe,
    receipts,
    recovery,
    redis_cost,
    results,
    scrape,
    suppression,
)

ROWS = (
    Row("bare", "one worker process against a bare loop", "≥ 1.05 ×", pace.against_bare),
    Row("rechecked", "the same, each message loaded again in the worker", "≥ 0.55 ×", pace.rechecked),
    Row("celery", "against one Celery task a message", "≥ 20 ×", pace.against_celery),
    Row("batches", "against celery-batches, ten a request", "≥ 10 ×", pace.against_batches),
    Row("dramatiq", "against one dramatiq actor a message", "≥ 12 ×", pace.against_dramatiq),
    Row("cost", "worker's CPU a message against post(json=…) and load", "≤ 0.6 ×", pace.cost),
    Row("slow", "gateway takes 100 ms, 64 connections", "≥ 0.97 ×", pace.slow_gateway),
    Row(
        "limited",
        "100, 250 and 500/s over 4 worker processes",
        "≥ 99 % used, promise 4 kept, ≤ 10 % of a core at 100/s",
        limits.limited,
    ),
    Row(
        "line",
        "lanes that share a rate: tens, singles, groups, and single messages beside them",
        "≥ 99 % used, shares within 10 %, p99 ≤ 1 s",
        line.line,
        long=True,
    ),
    Row(
        "receipts",
        "receipts on one process, one a post, against a bare route with one awaited write each",
        "≥ 1.5 ×",
        receipts.against_bare,
    ),
    Row(
        "beside",
        "3,000 receipts/s beside a worker limited to 5,000/s",
        "p99 ≤ 50 ms, the worker's rate kept",
        receipts.beside_a_worker,
    ),
    Row("submit", "submit against apply_async", "≥ 8 ×", intake.submit),
    Row("latency", "idle, linger 0: submit returns → arrival", "p50 ≤ 20 ms, p99 ≤ 50 ms", intake.latency),
    Row("heard", "idle, linger 0: submit → *delivered* heard by the application", "p50 ≤ 40 ms", heard.heard),
    Row("backlog", "Redis time a message, 1,000,000 waiting against 1,000", "≤ 1.25 ×", redis_cost.backlog),
    Row("weight", "Redis bytes a message: waiting, accepted", "≤ 420; ≤ 290", redis_cost.weight),
    Row(
        "suppression",
        "1,000,000 suppressed numbers: bytes each, and Redis time to look a message up",
        "≤ 24 bytes; ≤ 2 µs",
        suppression.suppression,
    ),
    Row("memory", "memory while 1,000,000 rows are imported and sent", "≤ 1.05 ×", memory.flat, long=True),
    Row(
        "sparse",
        "200 lanes, a message each every 5 s",
        "p99 ≤ linger + 100 ms, ≤ 20 % of a core",
        lanes.sparse,
    ),
    Row(
        "crowded",
        "200 lanes with backlog, 4 threads, gateway takes 100 ms",
        "≥ 95 %; doorbells ≤ 8",
        lanes.crowded,
    ),
    Row("probe", "`plexsend health`, from its start to its exit code", "≤ 300 ms", probe.probe),
    Row(
        "results",
        "a reader that takes a hundred a span against a bare XRANGE loop; what publishing costs",
        "≥ 0.8 ×; ≤ 46 bytes a result",
        results.results,
    ),
    Row("scrape", "/metrics with 200 lanes", "≤ 50 ms", scrape.scrape),
    Row("idle", "idle worker process", "≤ 1 % of a core", idle.worker),
    Row("fleet", "100 idle processes on one Redis (simulated)", "≤ 2 % of Redis", idle.fleet),
    Row("kill-one", "kill -9 of one of two workers", "no stall", recovery.one_of_two),
    Row("kill-only", "kill -9 of the only worker, replaced at once", "≤ 6 s", recovery.only_one),
    Row("away", "Redis away for 30 s", "≤ 3 s after it is back", recovery.redis_away, long=True),
)
