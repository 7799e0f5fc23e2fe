"""The alert rules of deploy/prometheus, read as Prometheus reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RULES = PROMETHEUS / "plexsend-alerts.yml"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One alert."""

    name: str
    expr: str
    severity: str
    waits: str
    """For how long its expression must be true; empty: not at all."""
    stays: str
    """For how long it goes on when its expression is not true any more; empty: not at all."""
    summary: str
    remedy: str
    runbook: str


@cache
def rules() -> dict[str, AlertRule]:
    """Return all alerts by their names, in the order of the file."""
    document: dict[str, Any] = yaml.safe_load(RULES.read_text("utf-8"))
    return {
        rule["alert"]: AlertRule(
            rule["alert"],
            rule["expr"],
            rule["labels"]["severity"],
            rule.get("for", ""),
            rule.get("keep_firing_for", ""),
            **{name: rule["annotations"][name] for name in ("summary", "remedy", "runbook")},
        )
        for group in document["groups"]
        for rule in group["rules"]
    }
