"""The panels of the dashboard, asked of Prometheus during load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.deploy.panels import expressions, unanswered
from tests.rehearsal import campaigns
from tests.rehearsal.stage import Failed

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

_RATE_PER_S = 60
_WITHIN_S = 60.0
_RATE_INTERVAL = "8s"
"""As Grafana chooses it, for looks a second apart."""
_ROWS = 200
_WHO = "010-9999-0002"


def ask_panels(stage: Stage, shown: Shown) -> None:
    """Ask each query of each panel until all have an answer, with messages and a campaign under way."""
    stage.load(_RATE_PER_S)
    campaigns.create(stage, "panels", _ROWS)
    stage.fleet.must("campaign", "start", "panels")
    stage.fleet.must("suppress", "add", _WHO, "--kind", "ads", "--reason", "by phone")
    asked = expressions(_RATE_INTERVAL)
    left = set(asked)

    def ask() -> bool:
        left.intersection_update(unanswered(stage.monitoring.prometheus, left))
        return not left

    try:
        took_s = stage.wait(ask, "every panel has an answer", _WITHIN_S, 1.0)
    except Failed:
        took_s = _WITHIN_S
    for each in sorted(left, key=lambda each: each.panel):
        shown.fact(f"panel {each.panel}", f"empty: {each.expr}", good=False)
    panels = len({each.panel for each in asked})
    words = f"{len(asked) - len(left)} of {len(asked)} queries of {panels} panels, within {took_s:.0f} s"
    shown.fact("panels of the dashboard that have values under load", words, good=bool(asked) and not left)
    stage.pause_load()
    shown.fact("what was left is sent", f"in {stage.wait_empty():.0f} s")
