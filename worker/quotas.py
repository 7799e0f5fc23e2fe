"""How many doorbells a service's workers can still use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plexsend.outbox.sweeping import Process

BELLS_PER_THREAD = 2
"""Doorbells outstanding for each thread: one that is answered and one that waits. More would only age in the
queue and lapse: with 200 lanes of backlog, 2,000 bells left 61 % of the capacity, this bound 97 %."""


def quotas(
    services: Iterable[str], processes: Iterable[Process], queued: Mapping[str, int]
) -> dict[str, int]:
    """Return how many doorbells may be rung for each service: twice its threads, less those queued."""
    found = {service: -queued.get(service, 0) for service in services}
    for process in processes:
        for service in process.services:
            if service in found:
                found[service] += BELLS_PER_THREAD * process.pool_size
    return {service: max(0, quota) for service, quota in found.items()}
