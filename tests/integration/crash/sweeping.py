"""Scenarios of housekeeping: what a dead worker had, verdicts that come late, what is old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.advance import Ticket, advance
from plexsend.outbox.batches import Batch
from plexsend.outbox.states import State
from tests.integration.crash.scenario import Scenario
from tests.integration.crash.sending import submitted, work
from tests.integration.crash.stage import RECLAIM_S, STEP_S, other_worker
from tests.integration.worker.room import BULK, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.integration.crash.stage import Stage


def take_and_die(stage: Stage, keys: Sequence[str], drain: str) -> None:
    """Let a process take these messages and never be heard of again."""
    stage.submit(BULK, list(keys))
    assert isinstance(advance(stage.plain, BULK, Ticket(drain, 1)), Batch)


def let_lapse(stage: Stage, seconds: float) -> None:
    """Let time pass in which others sweep and nobody sends."""
    other = other_worker(stage)
    while seconds > 0:
        stage.let_pass(STEP_S)
        other.now_s += STEP_S
        other.housekeeping.round()
        seconds -= STEP_S
    end_others(stage)


def end_others(stage: Stage) -> None:
    """Let the processes that were there end: the one on the stage is elected to sweep at once."""
    stage.plain.client.delete(stage.plain.keys.alive)


def _two_dead(stage: Stage) -> None:
    take_and_die(stage, names(2), "gone.1")
    take_and_die(stage, names(2, "other"), "lost.1")
    let_lapse(stage, RECLAIM_S - 2 * STEP_S)


def _reclaim(stage: Stage) -> None:
    for _ in range(4):
        stage.work()
        stage.let_pass(STEP_S)


def _reclaimed_by_another(stage: Stage) -> None:
    let_lapse(stage, RECLAIM_S + 2 * STEP_S)
    assert not stage.plain.client.exists(stage.plain.keys.lane("main", BULK.name, "sending"))


def _taken_again_by_another(stage: Stage) -> None:
    _reclaimed_by_another(stage)
    stage.let_pass(2)
    assert isinstance(advance(stage.plain, BULK, Ticket("other.1", 1)), Batch)


def _send_long_ago(stage: Stage) -> None:
    stage.submit(BULK, names(3))
    other_worker(stage).work()
    end_others(stage)
    stage.let_pass(8 * 86_400)


def _round(stage: Stage) -> None:
    stage.worker.housekeeping.round()


SCENARIOS = (
    Scenario("reclaimed", _reclaim, _two_dead),
    Scenario(
        "reclaimed-parked",
        _reclaim,
        _two_dead,
        settings={"PLEXSEND_ON_UNCERTAIN": "park"},
        ends=frozenset({State.UNCERTAIN}),
        is_parking=True,
    ),
    Scenario("late-verdict", work, submitted(3), meanwhile={"request-1-answer-after": _reclaimed_by_another}),
    Scenario(
        "late-verdict-when-taken-again",
        work,
        submitted(1),
        meanwhile={"request-1-answer-after": _taken_again_by_another},
    ),
    Scenario("archived", _round, _send_long_ago, ends=frozenset({None})),
)
