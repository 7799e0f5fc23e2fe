"""Nothing to do: what a worker process costs then, and what a hundred cost Redis."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from redis import Redis
from redis.exceptions import RedisError

from bench.rounds import Figure
from bench.stage import PREFIX, Stage
from plexsend.gateway.services import SERVICES
from plexsend.outbox.processes import WorkerProcess
from plexsend.worker.housekeeping import Housekeeping
from plexsend.worker.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.row import Plan

PROCESSES = 100
_SETTLE_S = 5.0


def worker(plan: Plan) -> list[Figure]:
    """One worker as delivered, one lane that is empty; and what it makes Redis do."""
    for_s = plan.seconds(30)
    cpu: list[float] = []
    with Stage(plan.folder) as stage:
        process = stage.ready_worker()
        _make_lane(stage)
        time.sleep(_SETTLE_S)
        for number in range(min(plan.rounds, 3)):
            before_s = process.cpu_s()
            time.sleep(for_s)
            cpu.append((process.cpu_s() - before_s) / for_s)
            plan.log(f"  round {number + 1}: {cpu[-1]:.2%} of a core")
        process.end()
    return [Figure("worker's CPU", cpu, at_most=0.01, unit="of a core", best=True)]


def fleet(plan: Plan) -> list[Figure]:
    """A hundred housekeeping threads and as many waiting consumers, against none, on one Redis."""
    for_s = plan.seconds(20)
    alone: list[float] = []
    shared: list[float] = []
    with Stage(plan.folder) as stage:
        _make_lane(stage)
        for number in range(min(plan.rounds, 3)):
            alone.append(_valkey_share(stage, for_s))
            with _crowd(stage):
                time.sleep(_SETTLE_S)
                shared.append(_valkey_share(stage, for_s))
            plan.log(f"  round {number + 1}: {shared[-1]:.2%} of a core, {alone[-1]:.2%} without")
    return [
        Figure("Valkey's CPU with 100 processes", shared, at_most=0.02, unit="of a core", best=True),
        Figure("Valkey's CPU with none", alone, unit="of a core"),
    ]


def _make_lane(stage: Stage) -> None:
    stage.preload(10)
    with suppress(Exception):
        stage.wait_sent(10, within_s=10)


def _valkey_share(stage: Stage, for_s: float) -> float:
    before_s = stage.valkey.program.cpu_s()
    time.sleep(for_s)
    return (stage.valkey.program.cpu_s() - before_s) / for_s


@contextmanager
def _crowd(stage: Stage) -> Iterator[None]:
    """Simulate worker processes: each sweeps or waits its turn, and waits for doorbells as Celery does."""
    stop = threading.Event()
    settings = stage.settings()
    runtimes = [Runtime(settings) for _ in range(PROCESSES)]
    threads = []
    for runtime in runtimes:
        me = WorkerProcess(runtime.name, 16, tuple(sorted(SERVICES)))
        keeping = Housekeeping(
            runtime,
            me,
            ring=lambda lane, bell: None,  # noqa: ARG005  nobody would answer
            queue_lengths=lambda services: dict.fromkeys(services, 0),
        )
        threads.append(threading.Thread(target=keeping.run, daemon=True))
        threads.append(threading.Thread(target=_consume, args=(stage.valkey.url, stop), daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for runtime in runtimes:
            runtime.stop.set()
        for thread in threads:
            thread.join(10)
        for runtime in runtimes:
            runtime.store.close()


# kombu asks for all queues of a worker at once, and again after a second without any.
def _consume(url: str, stop: threading.Event) -> None:
    client = Redis.from_url(url, protocol=2)
    queues = [f"{PREFIX}celery:{service}" for service in sorted(SERVICES)]
    while not stop.is_set():
        with suppress(RedisError):
            client.brpop(queues, timeout=1)
    client.close()
