"""Prometheus and Alertmanager of a rehearsal: their scaled configuration, and what they say."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.rehearsal.scaled_rules import scale, seconds
from tests.rehearsal.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LOOK_S = 0.25
_INTERVALS = ("scrape_interval", "evaluation_interval")
_WAITS = ("group_wait", "group_interval", "repeat_interval")
_ANSWER_S = 10
POSTED_S = 4.0
"""So long a cause goes on once its alerts fire: Alertmanager gathers what it posts for a second or two."""


@dataclass(frozen=True, slots=True)
class Configs:
    """What containers mount of the project instead of the files themselves, and the scaled alerts."""

    configs: Mapping[str, Path]
    alerts: Mapping[str, Mapping[str, Any]]


def write_configs(deploy: Path, folder: Path) -> Configs:
    """Write copies of the configuration in which Prometheus looks each second and time runs faster."""
    target = folder / "monitoring"
    (target / "prometheus").mkdir(parents=True)
    (target / "alertmanager").mkdir()
    source = deploy / "prometheus"
    main = yaml.safe_load((source / "prometheus.yml").read_text("utf-8"))
    for place in (main["global"], *main["scrape_configs"]):
        for name in _INTERVALS:
            if name in place:
                place[name] = "1s"
        if "scrape_timeout" in place:
            place["scrape_timeout"] = "1s"
    (target / "prometheus" / "prometheus.yml").write_text(yaml.safe_dump(main), "utf-8")
    rules = yaml.safe_load((source / "plexsend-alerts.yml").read_text("utf-8"))
    scaled = scale(rules, THRESHOLDS)
    (target / "prometheus" / "plexsend-alerts.yml").write_text(yaml.safe_dump(scaled.document), "utf-8")
    manager = deploy / "alertmanager" / "alertmanager.yml"
    words = yaml.safe_load(manager.read_text("utf-8"))
    _hurry(words["route"])
    (target / "alertmanager" / "alertmanager.yml").write_text(yaml.safe_dump(words), "utf-8")
    configs = {
        "./valkey.conf": deploy / "valkey.conf",
        "./prometheus": target / "prometheus",
        "./alertmanager": target / "alertmanager",
    }
    return Configs(configs, scaled.alerts)


def _hurry(route: dict[str, Any]) -> None:
    for name in _WAITS:
        if name in route:
            route[name] = f"{max(1, round(seconds(str(route[name])) / 600))}s"
    for each in route.get("routes", ()):
        _hurry(each)


class Monitoring:
    """Asks both, and watches in a thread of its own which alerts fire and which Alertmanager has heard of."""

    def __init__(self, prometheus: str, alertmanager: str) -> None:
        self.prometheus = prometheus
        self._alertmanager = alertmanager
        self.fired: dict[str, list[float]] = defaultdict(list)
        """Alert → when it began to fire, each time."""
        self.ended: dict[str, list[float]] = defaultdict(list)
        """Alert → when it ended, each time."""
        self.passed_on: set[str] = set()
        """Alerts of which Alertmanager has heard."""
        self._firing: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="monitoring", daemon=True)
        self._thread.start()

    def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Return what a query gives now: labels and value of each series. Raises OSError, ValueError."""
        words = urllib.parse.urlencode({"query": expr})
        answer = _get(f"{self.prometheus}/api/v1/query?{words}")
        result = answer["data"]["result"]
        if answer["data"]["resultType"] == "scalar":
            return [({}, float(result[1]))]
        return [(each["metric"], float(each["value"][1])) for each in result]

    def value(self, expr: str) -> float | None:
        """Return the one value of a query; None where it gives none, or Prometheus does not answer."""
        with suppress(OSError, ValueError):
            found = self.query(expr)
            return found[0][1] if found else None
        return None

    def is_firing(self, alert: str) -> bool:
        """Return whether an alert fires, as last seen."""
        return alert in self._firing

    @property
    def firing(self) -> frozenset[str]:
        """All alerts that fire, as last seen."""
        return frozenset(self._firing)

    def end(self) -> None:
        """Watch no more."""
        self._stop.set()
        self._thread.join(5)

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_S):
            with suppress(OSError, ValueError):
                answer = _get(f"{self.prometheus}/api/v1/alerts")
                found = {
                    each["labels"]["alertname"]
                    for each in answer["data"]["alerts"]
                    if each["state"] == "firing"
                }
                now = time.monotonic()
                for alert in found - self._firing:
                    self.fired[alert].append(now)
                for alert in self._firing - found:
                    self.ended[alert].append(now)
                self._firing = found
                heard = _get(f"{self._alertmanager}/api/v2/alerts")
                self.passed_on |= {each["labels"]["alertname"] for each in heard}


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=_ANSWER_S) as answer:  # noqa: S310  of our own hosts
        return json.load(answer)
