"""Causes among the processes: what serves metrics, workers, what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rehearsal.scenes import Scene

if TYPE_CHECKING:
    from tests.rehearsal.stage import Stage

_PAUSED = "sms-finance"


def _stop_metrics(stage: Stage) -> None:
    stage.fleet.stop("metrics-1")


def _start_metrics(stage: Stage) -> None:
    stage.fleet.start("metrics")
    stage.fleet.wait_well("metrics-1")


def _stop_worker(stage: Stage) -> None:
    stage.fleet.scale("worker-mms", 0)


def _start_worker(stage: Stage) -> None:
    stage.fleet.scale("worker-mms", 1)


def _start_two_that_disagree(stage: Stage) -> None:
    for number, rate in ((2, "10"), (3, "20")):
        stage.fleet.start("worker-mms", number, extra={"PLEXSEND_RATE_MMS_FINANCE": rate})
        stage.fleet.wait_well(f"worker-mms-{number}")


def _stop_two(stage: Stage) -> None:
    stage.fleet.scale("worker-mms", 1)
    stage.fleet.must("policy", "set", "mms-finance@main", "rate_per_s=0", "--reason", "rehearsal")


def _pause(stage: Stage) -> None:
    stage.fleet.must("pause", _PAUSED, "--reason", "rehearsal")


def _resume(stage: Stage) -> None:
    stage.fleet.must("resume", _PAUSED)


SCENES = (
    Scene(
        ("PlexsendMetricsMissing",),
        "`plexsend serve metrics` is stopped",
        "it runs again",
        _stop_metrics,
        _start_metrics,
    ),
    Scene(
        ("PlexsendNoWorkers", "PlexsendMessagesWaitTooLong"),
        "the last worker for MMS is stopped",
        "one starts",
        _stop_worker,
        _start_worker,
    ),
    Scene(
        ("PlexsendWorkersDisagree",),
        "two more workers start, with different rates in their environment",
        "both are stopped",
        _start_two_that_disagree,
        _stop_two,
    ),
    Scene(
        ("PlexsendPausedForLong",),
        "a person pauses a service, and leaves it for a day (scaled)",
        "plexsend resume",
        _pause,
        _resume,
    ),
)
