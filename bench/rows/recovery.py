"""Deaths and outages: for how long nothing comes to the gateway."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.clock import wait_for
from bench.rounds import Figure
from bench.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.gateway import Arrival
    from bench.row import Plan

SLOW_MS = 100
"""How long the gateway takes, so that a backlog lasts as long as the row looks."""
NO_STALL_S = 1.0
"""A pause of this length is not a stall: on a busy machine requests of several threads bunch this much."""
AWAY_S = 30
_BACKLOG = 60_000


def one_of_two(plan: Plan) -> list[Figure]:
    """One of two workers is killed: the longest pause in the 25 s after, within which its leases lapse."""
    pauses = []
    for number in range(min(plan.rounds, 3)):
        with Stage(plan.folder / f"two-{number}", delay_ms=SLOW_MS) as stage:
            workers = [stage.ready_worker() for _ in range(2)]
            _start(stage)
            killed_s = time.monotonic()
            workers[0].kill()
            time.sleep(plan.seconds(25))
            pauses.append(longest_pause(stage.gateway.arrivals(), killed_s, time.monotonic()))
            workers[1].end()
        plan.log(f"  round {number + 1}: longest pause {pauses[-1]:.2f} s")
    return [Figure("longest pause", pauses, at_most=NO_STALL_S, unit="s", best=True)]


def only_one(plan: Plan) -> list[Figure]:
    """The only worker is killed and another started at once: until the next message comes."""
    stalls = []
    for number in range(min(plan.rounds, 3)):
        with Stage(plan.folder / f"one-{number}", delay_ms=SLOW_MS) as stage:
            worker = stage.ready_worker()
            _start(stage)
            killed_s = time.monotonic()
            worker.kill()
            replacement = stage.worker()
            # What was on its way when the worker died may still come.
            stalls.append(_next_arrival(stage, killed_s + 0.5) - killed_s)
            replacement.end()
        plan.log(f"  round {number + 1}: stall {stalls[-1]:.2f} s")
    return [Figure("stall", stalls, at_most=6, unit="s", best=True)]


def redis_away(plan: Plan) -> list[Figure]:
    """Redis is gone for 30 s: from its first answer until the next message comes."""
    waits = []
    for number in range(min(plan.rounds, 3)):
        with Stage(plan.folder / f"away-{number}", delay_ms=SLOW_MS) as stage:
            worker = stage.ready_worker()
            _start(stage)
            stage.valkey.go_away()
            time.sleep(plan.seconds(AWAY_S))
            stage.valkey.come_back()
            back_s = time.monotonic()
            waits.append(_next_arrival(stage, back_s) - back_s)
            worker.end()
        plan.log(f"  round {number + 1}: {waits[-1]:.2f} s after it was back")
    return [Figure("first message after it is back", waits, at_most=3, unit="s", best=True)]


def longest_pause(arrivals: Sequence[Arrival], from_s: float, to_s: float) -> float:
    """Return the longest time without an arrival in a span, its ends counted as arrivals."""
    inside = [one.at_s for one in arrivals if from_s <= one.at_s <= to_s]
    return max(later - earlier for earlier, later in pairwise([from_s, *inside, to_s]))


def _start(stage: Stage) -> None:
    stage.preload(_BACKLOG)
    stage.wait_sent(2000)


def _next_arrival(stage: Stage, after_s: float) -> float:
    def came() -> list[float]:
        return [one.at_s for one in stage.gateway.arrivals() if one.at_s >= after_s]

    return wait_for(came, what="a message at the gateway", within_s=60)[0]
