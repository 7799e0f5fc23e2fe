"""Whether what reached the gateway kept to batches and rates."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from tests.chaos.load import lane_of
from tests.chaos.promises import Break, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.evidence import Evidence

WORST_SECOND = 1.1
"""Arrivals are bunched on their way by so much."""
TOLERANCE = 20
"""Two batches."""
FULL_BATCH = 10
AROUND_S = 1.0
"""Around a second, for what was taken just before a rate changed."""


def judge_batches(evidence: Evidence) -> Iterator[Break]:
    """Judge each request: one to ten messages of one route, each once, sent as the right user."""
    for request in evidence.requests:
        if request.at < evidence.since:
            continue
        if not 1 <= len(request.keys) <= FULL_BATCH:
            yield Break(Promise.BATCH, "", f"{len(request.keys)} messages in a request", request.at)
        if len(set(request.keys)) != len(request.keys):
            yield Break(Promise.BATCH, request.keys[0], "a key stands twice in a request", request.at)
        # Lanes of one route may share a request: many small groups go out together.
        routes = {lane and lane.route for lane in map(lane_of, request.keys)}
        lane = next(iter(routes), None)
        if len(routes) > 1 or lane is None:
            yield Break(Promise.BATCH, request.keys[0], "routes are mixed in a request", request.at)
        elif (lane.path, evidence.users[lane.account]) != (request.path, request.user):
            yield Break(
                Promise.BATCH, request.keys[0], f"{lane.name} went to {request.path} as another", request.at
            )


def judge_rates(evidence: Evidence) -> tuple[list[Break], int]:
    """Return a break for each limited service that went too fast, and the worst second of any of them."""
    times: dict[tuple[str, str], list[float]] = {}
    configured: dict[tuple[str, str], int] = {}
    for request in evidence.requests:
        lane = lane_of(request.keys[0]) if request.keys else None
        if lane is not None and request.at >= evidence.since:
            configured[lane.service, lane.account] = lane.rate_per_s
            times.setdefault((lane.service, lane.account), []).extend([request.at] * len(request.keys))
    found, worst = [], 0
    for of, all_of_it in times.items():
        all_of_it.sort()
        clear = [at for at in all_of_it if not any(start <= at <= end for start, end in evidence.blurred)]
        for i, at in enumerate(clear):
            n = bisect.bisect_left(clear, at + 1.0, i) - i
            worst = max(worst, n if configured[of] else 0)
            rate = _loosest_rate(of, configured[of], at, evidence) if n > TOLERANCE else 0
            if rate and n > (rate + TOLERANCE) * WORST_SECOND:
                why = f"{n} messages of {of[0]} in the second from {at:.3f}, where {rate:g} is the rate"
                found.append(Break(Promise.RATE, "", why, at))
                break
    return found, worst


# 0: there is none.
def _loosest_rate(of: tuple[str, str], configured: int, at: float, evidence: Evidence) -> float:
    service, account = of
    name = f"rate_per_s:{service}"
    possible = evidence.fleet.policies.possible(account, name, at - AROUND_S, at + 1.0 + AROUND_S)
    rates = [float(value) if value else float(configured) for value in possible] or [float(configured)]
    return 0.0 if 0.0 in rates else max(rates)
