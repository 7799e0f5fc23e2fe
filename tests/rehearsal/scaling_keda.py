"""Workers scaled by KEDA's formula: its queries, as the manifests have them, asked of a real Prometheus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.rehearsal import keda
from tests.rehearsal.stage import DEPLOY, Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

FACTOR = 60
"""A minute is a second."""
_BACKLOG = 14_000
_LOOK_S = 0.5
_WITHIN_S = 120.0


class _Autoscaler:
    """Asks, decides and scales worker-mms, look by look, and remembers each change."""

    def __init__(self, stage: Stage) -> None:
        objects = keda.read(DEPLOY / "kubernetes" / "scaling" / "scaledobjects.yaml")
        self._stage = stage
        self.wanted = objects["plexsend-worker-mms"]
        self._scaler = keda.Scaler(self.wanted, FACTOR)
        self.changes: list[tuple[str, int]] = []
        self.values: list[float | None] = []
        self.decided_s = 0.0
        """When the last change was decided, of a clock that only counts."""

    @property
    def replicas(self) -> int:
        """How many workers there are."""
        return len(self._stage.fleet.of("worker-mms"))

    def look(self) -> None:
        """Do one round."""
        self.values = [self._stage.monitoring.value(each.query) for each in self.wanted.triggers]
        current = self.replicas
        found = self._scaler.decide(current, self.values, time.monotonic())
        if found != current:
            words = ", ".join(
                f"{trigger.name} {'no value' if value is None else f'{value:,.2f}'} ÷ {trigger.threshold:,g}"
                for trigger, value in zip(self.wanted.triggers, self.values, strict=True)
            )
            self.changes.append((words, found))
            self.decided_s = time.monotonic()
            self._stage.fleet.scale("worker-mms", found)

    def until(self, holds: Callable[[], bool], what: str) -> float:
        """Go on until it holds; returns how long it took, in seconds."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > _WITHIN_S:
                raise Failed(f"not within {_WITHIN_S:g} s: {what}; last values {self.values}")
            self.look()
            time.sleep(_LOOK_S)
        return time.monotonic() - began


def by_keda(stage: Stage, shown: Shown) -> None:
    """Let a backlog scale up, its end scale down, and Prometheus be away."""
    stage.pause_load()
    stage.wait_empty()
    scaler = _Autoscaler(stage)
    least = scaler.wanted.least
    scaler.until(lambda: scaler.replicas == least, "the least number of workers")
    shown.fact("workers with nothing to do", f"{scaler.replicas}")
    stage.burst(_BACKLOG)
    came_s = time.monotonic()
    scaler.until(lambda: scaler.replicas > least, "more workers for a backlog")
    took_s = scaler.decided_s - came_s
    scaler.until(lambda: stage.monitoring.value(scaler.wanted.triggers[0].query) == 0, "the backlog is sent")
    most = max(count for _, count in scaler.changes)
    enough = -(-_BACKLOG // int(scaler.wanted.triggers[0].threshold))
    words = f"{most}, decided {took_s:.1f} s after the last came"
    shown.fact(f"workers for {_BACKLOG:,} messages that wait", words, good=most == enough)
    down_s = scaler.until(lambda: scaler.replicas == least, "down again")
    shown.fact(
        "down to the least again, one after another",
        f"{down_s:.0f} s after the last was sent (times ÷ {FACTOR})",
    )
    prometheus = stage.fleet.instances["prometheus-1"].service
    stage.fleet.stop("prometheus-1")
    scaler.until(lambda: scaler.replicas == scaler.wanted.fallback, "the fallback")
    shown.fact(
        "Prometheus away: the fallback", f"{scaler.replicas} workers, after {scaler.wanted.failures} looks"
    )
    stage.fleet.start(prometheus.name)
    stage.fleet.wait_well("prometheus-1")
    scaler.until(lambda: scaler.replicas == least, "down after the fallback")
    shown.fact("Prometheus back", f"{scaler.replicas} worker")
    rows = [(words, str(count)) for words, count in scaler.changes]
    shown.tables.append((("values ÷ thresholds of the queries", "workers"), rows))
