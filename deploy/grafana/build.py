"""Writes plexsend.json, the dashboard of Grafana, from panels.toml: `python deploy/grafana/build.py`.

The dashed lines in a panel are the thresholds of the alerts that it names, read from their rules, so what is
drawn is what warns.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE / "plexsend.json"
RULES = HERE.parent / "prometheus" / "plexsend-alerts.yml"
SOURCE = {"type": "prometheus", "uid": "plexsend"}
ACROSS, WIDTH, HEIGHT = 3, 8, 8
"""Panels in a line; the page is 24 wide."""
COLOURS = {"warn": "orange", "page": "red"}


def threshold(alert: str) -> tuple[float, str, bool]:
    """Return what an alert compares with, its colour, and whether what is below it is bad."""
    rule = rf"- alert: {alert}\n +expr:(.*?)\n +labels: {{severity: (\w+)}}"
    found = re.search(rule, RULES.read_text("utf-8"), re.DOTALL)
    if found is None:
        raise ValueError(f"{RULES.name} has no alert {alert}")
    # What comes behind `and` narrows the alert down.
    first = re.split(r"\s(?:and|or) |\n +\w+:", found[1])[0]
    sign, number = re.findall(r"([<>])=? ([\d.]+(?: \* [\d.]+)*)", first)[-1]
    value = 1.0
    for factor in number.split(" * "):
        value *= float(factor)
    return value, COLOURS[found[2]], sign == "<"


def panel(row: dict[str, Any]) -> dict[str, Any]:
    """Return a panel without its place."""
    lines = sorted(threshold(alert) for alert in row.get("alerts", ()))
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    for value, colour, below in lines:
        if below:
            steps = [{"color": colour, "value": None}, {"color": "green", "value": value}]
        else:
            steps.append({"color": colour, "value": value})
    stacked = row.get("stacked", False)
    custom = {
        "fillOpacity": 30 if stacked else 0,
        "showPoints": "never",
        "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if lines else "off"},
    }
    return {
        "type": "timeseries",
        "title": row["title"],
        "description": row["says"],
        "datasource": SOURCE,
        "fieldConfig": {
            "defaults": {
                "unit": row.get("unit", "short"),
                "custom": custom,
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {"refId": "ABCDEF"[at], "datasource": SOURCE, "expr": expr, "legendFormat": legend}
            for at, (expr, legend) in enumerate(row["queries"])
        ],
    }


def variable(name: str, query: str) -> dict[str, Any]:
    """Return what the person who looks chooses: one value, several, or all."""
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": {"refId": name, "query": query},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana reads it."""
    placed: list[dict[str, Any]] = []
    y = 0
    for row in tomllib.loads((HERE / "panels.toml").read_text("utf-8"))["row"]:
        place = {"x": 0, "y": y, "w": ACROSS * WIDTH, "h": 1}
        placed.append(
            {"type": "row", "title": row["title"], "collapsed": False, "panels": [], "gridPos": place}
        )
        y += 1
        for at, each in enumerate(row["panel"]):
            place = {"x": at % ACROSS * WIDTH, "y": y + at // ACROSS * HEIGHT, "w": WIDTH, "h": HEIGHT}
            placed.append({**panel(each), "gridPos": place})
        y += -(-len(row["panel"]) // ACROSS) * HEIGHT
    return {
        "uid": "plexsend",
        "title": "plexsend",
        "description": "Messages, workers, the gateway, receipts, campaigns and Redis (docs/metrics.md).",
        "tags": ["plexsend"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "timezone": "browser",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                variable("account", "label_values(plexsend_messages, account)"),
                variable("service", "label_values(plexsend_workers, service)"),
            ]
        },
        "panels": [{"id": at, **each} for at, each in enumerate(placed, start=1)],
    }


def written() -> str:
    """Return what the file holds."""
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(), "utf-8")
