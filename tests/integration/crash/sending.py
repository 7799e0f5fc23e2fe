"""Scenarios of a worker that sends, before a gateway that takes everything."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from tests.integration.crash.scenario import Scenario
from tests.integration.worker.room import BULK, names

if TYPE_CHECKING:
    from tests.integration.crash.scenario import Step
    from tests.integration.crash.stage import Stage


def submitted(messages: int) -> Step:
    """Return a step that puts so many messages in."""
    return lambda stage: stage.submit(BULK, names(messages))


def work(stage: Stage) -> None:
    """Let housekeeping go round once and answer its doorbells."""
    stage.work()


def _submit_to_small_groups(stage: Stage) -> None:
    for group in ("one", "two", "three"):
        stage.submit(replace(BULK, group=group), names(3, group))


def _submit_scheduled(stage: Stage) -> None:
    stage.submit(BULK, names(3), send_at_ms=queries.server_ms(stage.plain) + 60_000)


def _work_when_due(stage: Stage) -> None:
    stage.work()
    stage.let_pass(61)
    stage.work()


def _submit_expiring(stage: Stage) -> None:
    stage.submit(BULK, ["k-0", "k-1"], expires_at_ms=queries.server_ms(stage.plain) + 5_000)
    stage.submit(BULK, ["k-2"])


def _work_after_expiry(stage: Stage) -> None:
    stage.let_pass(6)
    stage.work()


def _forget_scripts(stage: Stage) -> None:
    stage.submit(BULK, names(3))
    stage.plain.client.script_flush()


def _end_slices(stage: Stage) -> None:
    worker = stage.worker
    worker.housekeeping.round()
    # Each look at the clock takes 0.2 s, so a slice of a second is over after a batch or two.
    worker.tick(n / 5 for n in count())
    worker.bell_waits = True
    while worker.rung:
        worker.drain(*worker.rung.pop(0))


def _stop_when_asked(stage: Stage) -> None:
    worker = stage.worker
    signal.signal(signal.SIGTERM, lambda *_: worker.runtime.stop.set())
    worker.housekeeping.round()
    # The doorbell that it leaves behind is for another.
    worker.drain(*worker.rung.pop(0))


def _ask_to_stop(stage: Stage) -> None:
    del stage
    os.kill(os.getpid(), signal.SIGTERM)


def _hang_before_sending(stage: Stage) -> None:
    worker = stage.worker
    worker.housekeeping.round()
    # Six seconds pass between any two looks at the clock, such as before the take and before the request.
    worker.tick(6 * n for n in count())
    worker.drain(*worker.rung.pop(0))
    worker.tick(float(6) for _ in count())
    worker.drain(BULK)


SCENARIOS = (
    Scenario("one", work, submitted(1)),
    Scenario("ten", work, submitted(10)),
    Scenario("twenty-five", work, submitted(25)),
    Scenario("filled-over-lanes", work, _submit_to_small_groups),
    Scenario("scheduled", _work_when_due, _submit_scheduled),
    Scenario(
        "expiring",
        _work_after_expiry,
        _submit_expiring,
        ends_otherwise=dict.fromkeys(["k-0", "k-1"], frozenset({State.EXPIRED})),
    ),
    Scenario("scripts-unknown", work, _forget_scripts),
    Scenario("slices-end", _end_slices, submitted(25)),
    Scenario("told-to-stop", _stop_when_asked, submitted(25), meanwhile={"request-1-answered": _ask_to_stop}),
    Scenario("hung-before-sending", _hang_before_sending, submitted(3)),
)
