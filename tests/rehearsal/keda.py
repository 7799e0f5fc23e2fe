"""KEDA's own formula: how many replicas a ScaledObject asks for, given what its queries say.

KEDA gives the value of each trigger to the cluster's autoscaler as an average: it wants
ceil(value / threshold) replicas, the largest over the triggers counts, within the object's least and most. A
trigger without a value several times in a row asks for the fallback. Down it goes only once nothing more was
wanted for a while, and so many at a time.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_TOLERANCE = 0.1
"""The autoscaler changes nothing while value and threshold times replicas are this close."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One query, and how much of its value a replica is for."""

    name: str
    query: str
    threshold: float
    ignores_none: bool
    """Whether no value at all counts as 0."""


@dataclass(frozen=True, slots=True)
class ScaledObject:
    """What scales one deployment."""

    target: str
    least: int
    most: int
    triggers: tuple[Trigger, ...]
    failures: int
    """So often in a row a trigger has no value before the fallback counts."""
    fallback: int
    keeps_more: bool
    """Whether the fallback leaves more replicas than it names as they are."""
    steady_s: float
    """Down only to the most that was wanted within so many seconds."""
    down_pods: int
    down_every_s: float


def read(path: Path) -> dict[str, ScaledObject]:
    """Return the objects of a file by what they scale."""
    found = (_read(each) for each in yaml.safe_load_all(path.read_text("utf-8")) if each)
    return {each.target: each for each in found}


def _read(raw: Mapping[str, Any]) -> ScaledObject:
    spec = raw["spec"]
    down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    (policy,) = down["policies"]
    fallback = spec["fallback"]
    return ScaledObject(
        target=spec["scaleTargetRef"]["name"],
        least=spec["minReplicaCount"],
        most=spec["maxReplicaCount"],
        triggers=tuple(map(_read_trigger, spec["triggers"])),
        failures=fallback["failureThreshold"],
        fallback=fallback["replicas"],
        keeps_more=fallback.get("behavior") == "currentReplicasIfHigher",
        steady_s=down["stabilizationWindowSeconds"],
        down_pods=policy["value"],
        down_every_s=policy["periodSeconds"],
    )


def _read_trigger(raw: Mapping[str, Any]) -> Trigger:
    words = raw["metadata"]
    ignores = str(words.get("ignoreNullValues", "true")) == "true"
    return Trigger(raw.get("name", raw["type"]), words["query"], float(words["threshold"]), ignores)


@dataclass
class Scaler:
    """Decides, look by look.

    Args:
        factor: By this all times are divided.
    """

    wanted: ScaledObject
    factor: float = 1.0
    _failed: dict[str, int] = field(default_factory=dict)
    _past: deque[tuple[float, int]] = field(default_factory=deque)
    _went_down_s: float = -math.inf

    def decide(self, current: int, values: Sequence[float | None], now_s: float) -> int:
        """Return how many replicas there shall be.

        Args:
            current: How many there are.
            values: One for each trigger, in their order; None: it has none.
        """
        asked = [
            found
            for trigger, value in zip(self.wanted.triggers, values, strict=True)
            if (found := self._ask(trigger, value, current)) is not None
        ]
        # While a trigger fails and its fallback does not count yet, only one that wants more counts.
        is_whole = len(asked) == len(values)
        desired = max([*asked, *([] if is_whole else [current])])
        desired = min(self.wanted.most, max(self.wanted.least, desired))
        self._past.append((now_s, desired))
        while self._past[0][0] < now_s - self.wanted.steady_s / self.factor:
            self._past.popleft()
        if desired >= current:
            return desired
        steady = max(each for _, each in self._past)
        if steady >= current or now_s - self._went_down_s < self.wanted.down_every_s / self.factor:
            return current
        self._went_down_s = now_s
        return max(steady, current - self.wanted.down_pods)

    def _ask(self, trigger: Trigger, value: float | None, current: int) -> int | None:
        if value is None and trigger.ignores_none:
            value = 0.0
        if value is None:
            self._failed[trigger.name] = self._failed.get(trigger.name, 0) + 1
            if self._failed[trigger.name] < self.wanted.failures:
                return None
            return max(current, self.wanted.fallback) if self.wanted.keeps_more else self.wanted.fallback
        self._failed[trigger.name] = 0
        if abs(value / (trigger.threshold * current) - 1) <= _TOLERANCE:
            return current
        return math.ceil(value / trigger.threshold)
