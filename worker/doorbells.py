"""How many doorbells the workers can still use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.processes import WorkerProcess

BELLS_PER_THREAD = 1
"""Doorbells in the broker for each thread, beside the one that its process may have fetched already. More
would only age in the queue and lapse: with 200 lanes of backlog, 2,000 bells left 61 % of the capacity."""


def quotas(
    services: Iterable[str], processes: Iterable[WorkerProcess], queued: Mapping[str, int]
) -> dict[str, int]:
    """Return how many doorbells may be rung for each service: one a thread, less those queued."""
    found = {service: -queued.get(service, 0) for service in services}
    for process in processes:
        for service in process.services:
            if service in found:
                found[service] += BELLS_PER_THREAD * process.pool_size
    return {service: max(0, quota) for service, quota in found.items()}


def quota_of_all(processes: Iterable[WorkerProcess], queued: Mapping[str, int]) -> int:
    """Return how many may be rung in all: services share the threads of the processes that serve several.

    Doorbells that are queued for a service count only while a process serves it: else nobody answers them.
    """
    serving = [process for process in processes if process.services]
    served = {service for process in serving for service in process.services}
    threads = sum(process.pool_size for process in serving)
    return max(0, BELLS_PER_THREAD * threads - sum(n for service, n in queued.items() if service in served))
