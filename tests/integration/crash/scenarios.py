"""All scenarios by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.crash import producing, sending, steering, sweeping, trouble

if TYPE_CHECKING:
    from tests.integration.crash.scenario import Scenario

GROUPS: dict[str, tuple[Scenario, ...]] = {
    "producing": producing.SCENARIOS,
    "sending": sending.SCENARIOS,
    "trouble": trouble.SCENARIOS,
    "sweeping": sweeping.SCENARIOS,
    "steering": steering.SCENARIOS,
}
"""Scenarios by what they are about."""

SCENARIOS = {scenario.name: scenario for group in GROUPS.values() for scenario in group}
