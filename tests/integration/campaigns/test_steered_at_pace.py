"""The short form of `make campaigns-chaos ARGS=--steer`: a pause, a cancel, and a feeder that wakes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.feeding.steered import Steering, play

if TYPE_CHECKING:
    from pathlib import Path


def test_after_a_pause_and_a_cancel_nothing_more_goes_or_is_added(tmp_path: Path) -> None:
    how = Steering(
        rows=8_000,
        rate=600,
        runs_s=(0.0, 0.0),
        stopped_s=(1.5, 1.5),
        quiet_s=0.6,
        workers=1,
        beats=0,
        is_timed=False,
    )
    assert play(tmp_path, how, 1, print) == []
