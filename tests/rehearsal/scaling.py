"""Workers scaled by hand under load: the pace follows their number."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from tests.rehearsal.ledgers import pace
from tests.rehearsal.programs import CONCURRENCY

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

WANTED = {2: 1.9, 3: 2.7}
"""Workers → how many times the pace of one there has to be."""
_MEASURED_S = 10.0
_SETTLES_S = 3.0
_ROUNDS = 3
"""At most: a machine that others use too may spoil one."""
_BACKLOG = 18_000
_LEAST_LEFT = 3_000


def by_hand(stage: Stage, shown: Shown) -> None:
    """Scale worker-mms 1 → 2 → 3 → 1 and measure each, with a backlog, so that the gateway's time limits."""
    stage.pause_load()
    stage.order(receipts_to="")
    best: dict[int, float] = {}
    for number in range(1, _ROUNDS + 1):
        found = _round(stage)
        # Before and after the others: what else the machine does meanwhile changes.
        one = (found[0][1] + found[-1][1]) / 2
        factors = {workers: found_pace / one for workers, found_pace in found[1:3]}
        words = ", ".join(f"{workers}: {per_s:,.0f}/s" for workers, per_s in found)
        load = os.getloadavg()[0]
        shown.say(f"  round {number}, load of the machine {load:.1f}: messages accepted by workers {words}")
        best = max(best, factors, key=lambda each: min(each.get(n, 0) / WANTED[n] for n in WANTED))
        if best is factors:
            shown.tables = [
                (
                    ("workers", "messages/s", "times that of one"),
                    [(str(workers), f"{per_s:,.0f}", f"{per_s / one:.2f}") for workers, per_s in found],
                )
            ]
        if all(best[workers] >= wanted for workers, wanted in WANTED.items()):
            break
    for workers, wanted in WANTED.items():
        words = f"{best[workers]:.2f} × the pace of one (wanted: {wanted} ×)"
        shown.fact(f"{workers} workers of {CONCURRENCY} threads", words, good=best[workers] >= wanted)
    stage.order(receipts_to=stage.receipts_url())
    shown.fact("what was left is sent", f"{stage.wait_empty():.0f} s")


def _round(stage: Stage) -> list[tuple[int, float]]:
    found = []
    for workers in (1, 2, 3, 1):
        stage.fleet.scale("worker-mms", workers)
        waiting = stage.counts()["ready"]
        if waiting < _LEAST_LEFT + _BACKLOG // 3:
            stage.burst(_BACKLOG - waiting)
        time.sleep(_SETTLES_S)
        begin = time.time()
        time.sleep(_MEASURED_S)
        found.append((workers, pace(stage.requests(), begin, time.time())))
    return found
