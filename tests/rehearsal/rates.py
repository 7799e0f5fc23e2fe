"""The vendor's rate changed by policy under load: the gateway counts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.rehearsal.ledgers import Request
    from tests.rehearsal.stage import Stage
    from tests.rehearsal.step import Shown

SERVICE = "mms-bulk"
RATES = (40, 20, 80)
"""Messages a second, one after another."""
_MEASURED_S = 10.0
_SETTLES_S = 1.5
_ABOVE, _BELOW = 1.06, 0.9
"""How far the pace may be from the rate: a batch of ten more or less in ten seconds, and a busy machine."""
_BACKLOG = 4_000


def by_policy(stage: Stage, shown: Shown) -> None:
    """Set one rate after another, with more waiting than may go."""
    stage.pause_load()
    place = f"{SERVICE}@main"
    stage.fleet.must("policy", "set", place, f"rate_per_s={RATES[0]}", "--reason", "rehearsal")
    stage.burst(_BACKLOG, SERVICE)
    for rate in RATES:
        stage.fleet.must("policy", "set", place, f"rate_per_s={rate}", "--reason", "rehearsal")
        time.sleep(_SETTLES_S)
        begin = time.time()
        time.sleep(_MEASURED_S)
        found = _asked(stage.requests(), begin, time.time()) / _MEASURED_S
        good = _BELOW <= found / rate <= _ABOVE
        shown.fact(f"policy set {place} rate_per_s={rate}", f"the gateway counts {found:.1f}/s", good=good)
    stage.fleet.must("policy", "unset", place, "rate_per_s", "--reason", "rehearsal")
    shown.fact("policy unset: what was left is sent", f"in {stage.wait_empty():.0f} s")


def _asked(requests: Sequence[Request], begin: float, end: float) -> int:
    return sum(len(each.keys) for each in requests if f"/{SERVICE}/" in each.path and begin <= each.at < end)
