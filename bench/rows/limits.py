"""Rates: how much of a rate four worker processes use, what no second exceeds, and what waiting costs."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING

from bench.rounds import Figure
from bench.stage import PREFIX, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from bench.gateway import Arrival
    from bench.row import Plan
    from bench.valkey import Valkey

RATES = (100, 250, 500)
WORKERS = 4
TOLERANCE = 20
"""Messages above the rate that a second may grant: two batches (promise 4)."""
_WARM_S = 3.0


class Grants:
    """Listens to Redis itself while its block lasts: when each message was handed out, on Redis's clock."""

    _TAKEN = re.compile(r"HSET \S+m:\S+ s sending ")

    def __init__(self, valkey: Valkey) -> None:
        self.at_s: list[float] = []
        self._client = valkey.client
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listens.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.echo("end of grants")
        self._thread.join(30)

    def _listen(self) -> None:
        with self._client.monitor() as monitor:  # type: ignore[no-untyped-call]  # redis-py does not type it
            self._listens.set()
            while "end of grants" not in (heard := monitor.next_command())["command"]:
                if self._TAKEN.search(heard["command"]):
                    self.at_s.append(heard["time"])


def worst_second(moments_s: Iterable[float]) -> int:
    """Return the most moments in any span of a second, its end excluded."""
    ordered = sorted(moments_s)
    worst = first = 0
    for last, at_s in enumerate(ordered):
        while ordered[first] <= at_s - 1:
            first += 1
        worst = max(worst, last - first + 1)
    return worst


def steady_pace(arrivals: Sequence[Arrival], from_s: float, to_s: float) -> float:
    """Return messages a second in a span, from its first arrival to its last.

    Counting what falls into the span would be wrong by a batch, which is half a percent of a small run.
    """
    inside = [one for one in arrivals if from_s <= one.at_s <= to_s]
    came = sum(one.messages for one in inside[1:])
    return came / (inside[-1].at_s - inside[0].at_s)


def limited(plan: Plan) -> list[Figure]:
    """Four workers under each of the rates."""
    found: dict[str, list[float]] = {}
    for number in range(plan.rounds):
        for rate in RATES:
            shown = _limited(plan, rate, number)
            plan.log(f"  round {number + 1} {rate}/s: " + ", ".join(f"{k} {v:.4g}" for k, v in shown.items()))
            for name, value in shown.items():
                found.setdefault(f"{name} {rate}/s", []).append(value)
    figures = []
    for rate in RATES:
        figures += [
            Figure(f"{rate}/s: of the rate used", found[f"used {rate}/s"], at_least=0.99),
            Figure(
                f"{rate}/s: worst second granted", found[f"worst {rate}/s"], at_most=rate + TOLERANCE, unit=""
            ),
            Figure(
                f"{rate}/s: all workers' CPU",
                found[f"cpu {rate}/s"],
                at_most=0.10 if rate == RATES[0] else None,
                unit="of a core",
            ),
            Figure(f"{rate}/s: Valkey's CPU", found[f"valkey {rate}/s"], unit="of a core"),
        ]
    return figures


def _limited(plan: Plan, rate: int, number: int) -> dict[str, float]:
    listening_s, quiet_s = plan.seconds(10), plan.seconds(20)
    with Stage(plan.folder / f"limited-{rate}-{number}") as stage:
        workers = [stage.ready_worker(PLEXSEND_RATE=str(rate)) for _ in range(WORKERS)]
        stage.preload(round(rate * (quiet_s + listening_s + 3 * _WARM_S)) + 200)
        stage.wait_sent(10)
        # What a bucket held at the start does not belong to the pace.
        time.sleep(_WARM_S)
        began_s, cpu_s = time.monotonic(), sum(worker.cpu_s() for worker in workers)
        valkey_s = stage.valkey.program.cpu_s()
        time.sleep(quiet_s)
        took_s = time.monotonic() - began_s
        cpu_s = sum(worker.cpu_s() for worker in workers) - cpu_s
        valkey_s = stage.valkey.program.cpu_s() - valkey_s
        per_s = steady_pace(stage.gateway.arrivals(), began_s, began_s + took_s)
        # Listening costs Redis much, so the promise is checked apart from the pace.
        with Grants(stage.valkey) as grants:
            time.sleep(listening_s)
        for worker in workers:
            worker.end()
        if not stage.valkey.client.zcard(f"{PREFIX}{{main}}:mms-bulk@main:ready"):
            raise RuntimeError(f"the backlog ended before the measurement at {rate}/s")
    return {
        "used": per_s / rate,
        "worst": worst_second(grants.at_s),
        "cpu": cpu_s / took_s,
        "valkey": valkey_s / took_s,
    }
