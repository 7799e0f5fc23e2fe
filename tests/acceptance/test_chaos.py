"""The short form of the chaos suite: some of the faults, in the order of one seed.

`CHAOS_SEED=… pytest tests/acceptance/test_chaos.py` plays another. All
faults, for longer: `python -m tests.chaos`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.chaos.catalogue import FAULTS
from tests.chaos.receipt_codes import ORDER
from tests.chaos.run import Play
from tests.chaos.schedule import rounds
from tests.chaos.world import World

if TYPE_CHECKING:
    from pathlib import Path

FAULTS_S = 28.0
AT_ONCE = (4, 5)
SHORT = [fault for fault in FAULTS if fault.short and fault.need is None]


# What a killed worker had is reclaimed after 20 s, and whatever is undecided two minutes later is a failure.
@pytest.mark.timeout(300)
def test_every_promise_is_kept_whatever_breaks(tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or 20261259)
    print(f"CHAOS_SEED={seed}")  # noqa: T201  it is what a failure is played again with
    world = World(
        tmp_path, seed=seed, fsync="everysec", on_uncertain="both", rate_per_s=80, tmpfs=False, workers=2
    )
    play = Play(world, print)
    try:
        world.begin(applications=1)
        play.run(rounds(str(seed), SHORT, at_once=AT_ONCE), FAULTS_S, each=100)
    finally:
        world.end()
    assert [strike.error for strike in play.strikes if strike.error] == []
    assert any(strike.proof.count for strike in play.strikes)
    verdict = play.judgements[-1]
    assert verdict.breaks == []
    assert verdict.messages > 100
    assert sum(verdict.states[state] for state in ORDER) > verdict.messages / 2
    assert verdict.states["delivered"] > verdict.messages / 4
