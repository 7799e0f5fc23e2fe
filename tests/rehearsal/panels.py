"""The panels of the dashboard, asked of Prometheus during load."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.rehearsal.stage import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_RATE_PER_S = 60
_WITHIN_S = 60.0
_RANGE = "30s"


def ask_panels(stage: Stage, shown: Shown) -> None:
    """Ask each query of each panel until all have an answer, under load."""
    stage.load(_RATE_PER_S)
    dashboard = json.loads((DEPLOY / "grafana" / "plexsend.json").read_text("utf-8"))
    left = {(title, expr): fill_in(expr, dashboard) for title, expr in queries(dashboard["panels"])}
    count, panels = len(left), len({title for title, _ in left})

    def ask() -> bool:
        for key, expr in list(left.items()):
            if stage.monitoring.query(expr):
                del left[key]
        return not left

    try:
        stage.wait(ask, "every panel has an answer", _WITHIN_S, 1.0)
    except AssertionError:
        for title, expr in left:
            shown.fact(f"panel {title}", f"empty: {expr}", good=False)
    words = f"{count - len(left)} of {count} queries of {panels} panels"
    shown.fact("panels of the dashboard that are not empty under load", words, good=count > 0 and not left)
    stage.pause_load()


def queries(panels: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield title and query of every target, of those in rows too."""
    for panel in panels:
        for target in panel.get("targets", ()):
            if target.get("expr"):
                yield str(panel.get("title", "")), str(target["expr"])
        yield from queries(panel.get("panels", []))


def fill_in(expr: str, dashboard: dict[str, Any]) -> str:
    """Return a query with Grafana's own variables and the dashboard's (all of each) filled in."""
    expr = re.sub(
        r"\$(?:__rate_interval|__interval|__range)|\$\{(?:__rate_interval|__interval|__range)\}", _RANGE, expr
    )
    for variable in dashboard.get("templating", {}).get("list", ()):
        name = re.escape(variable["name"])
        expr = re.sub(rf"\$\{{{name}(?::\w+)?\}}|\${name}\b", ".*", expr)
    return expr
