"""The panels of the dashboard: what each asks Prometheus for, and what it is answered."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.deploy.alert_rules import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DASHBOARD = DEPLOY / "grafana" / "plexsend.json"
_DEADLINE_S = 10


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of one panel, with the variables of the dashboard filled in: every account and service."""

    panel: str
    expr: str


def panels() -> list[dict[str, Any]]:
    """Return the panels as Grafana reads them, without rows."""
    document: dict[str, Any] = json.loads(DASHBOARD.read_text("utf-8"))
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def expressions(rate_interval: str = "1m") -> list[PanelQuery]:
    """Return all queries; `rate_interval`: as Grafana chooses it, four times the scrape interval or more."""
    found = []
    for panel in panels():
        for target in panel["targets"]:
            expr = target["expr"]
            for name, value in (("$__rate_interval", rate_interval), ("$account", ".*"), ("$service", ".*")):
                expr = expr.replace(name, value)
            found.append(PanelQuery(panel["title"], expr))
    return found


def ask(prometheus_url: str, expr: str) -> list[float]:
    """Return the values that Prometheus has for an expression now."""
    asked = f"{prometheus_url}/api/v1/query?{urlencode({'query': expr})}"
    with urlopen(asked, None, _DEADLINE_S) as answer:  # noqa: S310  of a test's own server
        found: dict[str, Any] = json.load(answer)
    return [float(series["value"][1]) for series in found["data"]["result"]]


def unanswered(prometheus_url: str, queries: Iterable[PanelQuery]) -> Sequence[PanelQuery]:
    """Return those queries for which there is no value, or none that is a number."""
    return [each for each in queries if not any(map(math.isfinite, ask(prometheus_url, each.expr)))]
