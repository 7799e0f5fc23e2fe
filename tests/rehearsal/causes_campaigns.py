"""Causes in campaigns: nobody rings, a run that pauses by itself, a start that nobody makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal import campaigns
from tests.rehearsal.scenes import Scene

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage

_WORKERS = ("worker-mms", "worker-rcs", "worker-text")
_FAR_S = 3_600.0
_MANY = 2_000
"""Rows enough for ten seconds, so that a run is not over before it pauses."""


def _stop_beats(stage: Stage) -> None:
    campaigns.create(stage, "planned", 10, starts_in_s=_FAR_S)
    for beat in stage.fleet.of("beat"):
        stage.fleet.stop(beat.name)


def _start_beats(stage: Stage) -> None:
    stage.fleet.scale("beat", stage.fleet.services["beat"].scale)
    stage.fleet.must("campaign", "cancel", "planned", "--reason", "rehearsal", "--yes")


def _fail(stage: Stage) -> None:
    stage.order(answer="bad_item")
    campaigns.create(stage, "fails", _MANY, more="pause_at_failure_ratio = 0.2\npause_after = 20\n")
    stage.fleet.must("campaign", "start", "fails")


def _cancel(stage: Stage) -> None:
    stage.accept_all()
    stage.fleet.must("campaign", "cancel", "fails", "--reason", "rehearsal", "--yes")


def _stop_workers(stage: Stage) -> None:
    campaigns.create(stage, "late", 10, starts_in_s=12)
    for name in _WORKERS:
        stage.fleet.scale(name, 0)


def _start_workers(stage: Stage) -> None:
    for name in _WORKERS:
        stage.fleet.scale(name, 1)


SCENES = (
    Scene(
        ("PlexsendBeatAway",),
        "both beats are stopped while a campaign is planned",
        "they run again",
        _stop_beats,
        _start_beats,
    ),
    Scene(
        ("PlexsendCampaignStopped",),
        "the gateway refuses the rows of a campaign, which pauses by itself",
        "plexsend campaign cancel",
        _fail,
        _cancel,
        rate_per_s=0,
    ),
    Scene(
        ("PlexsendCampaignStartOverdue",),
        "all workers are stopped when a campaign should start",
        "they run again, and it starts late",
        _stop_workers,
        _start_workers,
        rate_per_s=0,
    ),
)
