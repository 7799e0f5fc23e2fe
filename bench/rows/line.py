"""The line before a shared rate in real workers: who gets what, how much of the rate is used, who waits."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.clock import wait_for
from bench.items import msg_key, wire_body
from bench.rounds import Figure
from bench.rows.limits import steady_pace
from bench.stage import PREFIX, Stage
from plexsend.gateway.items import get_loader
from plexsend.outbox.lanes import Lane
from plexsend.outbox.submit import NewMessage, Submitter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.row import Plan

ANSWERS_MS = (5, 200, 350)
WORKERS = 2
_WARM_S = 4.0
"""What the bucket held at the start, and drains that are not there yet, do not belong to the shares."""

_RMM, _RMH = (Lane("rcs-mms-bulk", kind, "main") for kind in ("RMM", "RMH"))
_BULK = Lane("mms-bulk", None, "main")
_GROUPS = tuple(Lane("mms-bulk", None, "main", f"g{number}") for number in range(4))
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """Lanes that all want the whole rate, and single messages that come beside them."""

    name: str
    rate: int
    lanes: tuple[Lane, ...]
    lasts_s: float
    by_ones: frozenset[Lane] = field(default_factory=frozenset)
    """Lanes whose requests have one message each, as after G160."""
    singles_per_s: int = 0
    """Messages of `mms-bulk@main` that come one by one."""
    waiting: int = 0
    """Messages of each lane; 0: as many as the run may send."""


CASES = (
    Case("tens against tens", 100, (_RMM, _RMH), 20),
    Case("singles against tens", 20, (_RMM, _RMH), 40, by_ones=frozenset({_RMM})),
    Case("four groups", 100, _GROUPS, 20),
    Case("80/s beside a campaign", 100, _GROUPS[:1], 20, singles_per_s=80),
)
HUGE = Case("500 singles beside 1,000,000", 100, _GROUPS[:1], 10, singles_per_s=50, waiting=_MILLION)


def line(plan: Plan) -> list[Figure]:
    """Each case, with a gateway that takes 5, 200 and 350 ms."""
    cases = CASES if plan.quick else (*CASES, HUGE)
    shown: dict[tuple[str, int], list[Mapping[str, float]]] = {}
    for number in range(plan.rounds):
        for case in cases:
            for answer_ms in ANSWERS_MS:
                found = _run(plan, case, answer_ms, number)
                words = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
                plan.log(f"  {case.name}, {answer_ms} ms: {words}")
                shown.setdefault((case.name, answer_ms), []).append(found)
    return [
        figure
        for (name, answer_ms), rounds in shown.items()
        for figure in _figures(f"{name}, {answer_ms} ms", rounds)
    ]


def _figures(name: str, rounds: Sequence[Mapping[str, float]]) -> list[Figure]:
    figures = [Figure(f"{name}: of the rate used", [one["used"] for one in rounds], at_least=0.99)]
    if "share" in rounds[0]:
        figures.append(Figure(f"{name}: least against most", [one["share"] for one in rounds], at_least=0.9))
    if "p99" in rounds[0]:
        figures.append(Figure(f"{name}: p99", [one["p99"] for one in rounds], at_most=1.0, unit="s"))
    return figures


def _run(plan: Plan, case: Case, answer_ms: int, number: int) -> dict[str, float]:
    lasts_s = plan.seconds(case.lasts_s)
    folder = plan.folder / f"line-{case.name.replace(' ', '-').replace('/', '-')}-{answer_ms}-{number}"
    with Stage(folder, delay_ms=answer_ms, keep_keys=True) as stage:
        each = case.waiting or round(case.rate * (lasts_s + 3 * _WARM_S)) + 100
        starts = range(0, each * len(case.lanes) + 1, each)
        for lane, first in zip(case.lanes, starts, strict=False):
            stage.preload(each, first=first, lane=lane)
        for lane in case.by_ones:
            _send_one_by_one(stage, lane)
        workers = [
            stage.ready_worker(PLEXSEND_RATE=str(case.rate), PLEXSEND_LINGER_MS="0") for _ in range(WORKERS)
        ]
        stage.wait_sent(10)
        time.sleep(_WARM_S)
        began_s = time.monotonic()
        came_s = _come(stage, case, starts[-1], began_s, lasts_s)
        ended_s = time.monotonic()
        wait_for(lambda: came_s.keys() <= {key for key, _ in stage.gateway.moments()}, what="all singles")
        moments = dict(stage.gateway.moments())
        used = steady_pace(stage.gateway.arrivals(), began_s, ended_s) / case.rate
        for worker in workers:
            worker.end()
    found = {"used": used}
    if len(case.lanes) > 1:
        got = [
            sum(began_s <= moments.get(msg_key(key), 0) < ended_s for key in range(first, last))
            for first, last in pairwise(starts)
        ]
        found |= {"share": min(got) / max(got), "least": min(got), "most": max(got)}
    if came_s:
        waits_s = sorted(moments[key] - at_s for key, at_s in came_s.items())
        found |= {"p50": waits_s[len(waits_s) // 2], "p99": waits_s[len(waits_s) * 99 // 100]}
    return found


# As after G160: the lane's requests have one message each.
def _send_one_by_one(stage: Stage, lane: Lane) -> None:
    hold = {"since": 0, "until": 10**14, "step": 1, "by": "gateway", "why": "G160", "probe": ""}
    stage.valkey.client.hset(f"{PREFIX}{{{lane.account}}}:holds", f"lane size {lane.name}", json.dumps(hold))


# Lets single messages come for as long as the run lasts; answers when each was submitted.
def _come(stage: Stage, case: Case, first: int, began_s: float, lasts_s: float) -> dict[str, float]:
    came_s: dict[str, float] = {}
    intake, stamp = Submitter(stage.store), str(get_loader(_BULK.service).stamp)
    for number in range(round(lasts_s * case.singles_per_s)):
        time.sleep(max(0.0, began_s + number / case.singles_per_s - time.monotonic()))
        key = msg_key(first + number)
        came_s[key] = time.monotonic()
        intake.add(_BULK, [NewMessage(key, wire_body(first + number))], stamp=stamp)
    time.sleep(max(0.0, began_s + lasts_s - time.monotonic()))
    return came_s
