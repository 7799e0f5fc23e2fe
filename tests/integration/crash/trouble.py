"""Scenarios of a worker whose gateway refuses, fails or falls silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox import steer
from plexsend.outbox.holds import Reason, Scope, hold_field
from plexsend.outbox.reading.queries import holds, server_ms
from plexsend.outbox.states import State
from tests.integration.crash.answers import (
    accept_all,
    at_most,
    each,
    first,
    refuse_one,
    refuse_with,
    silence_first,
    trouble_then_known,
    whole,
)
from tests.integration.crash.scenario import Scenario
from tests.integration.crash.sending import submitted, work
from tests.integration.worker.room import BULK, names

if TYPE_CHECKING:
    from tests.integration.crash.scenario import Step
    from tests.integration.crash.stage import Stage

# Parked where an earlier request may have sent it.
_REFUSED = {"k-1": frozenset({State.REJECTED, State.UNCERTAIN})}
_OR_PARKED = frozenset({State.ACCEPTED, State.UNCERTAIN})
# A shut lane waits for its next message to probe.
_SHUT = frozenset({hold_field(Scope.LANE, Reason.SHUT, BULK.name)})
_SMALLER = frozenset({hold_field(Scope.LANE, Reason.SIZE, BULK.name)})
_PARK = {"PLEXSEND_ON_UNCERTAIN": "park"}


def worked_again(*pauses_s: float) -> Step:
    """Return a step that works, and again after each pause."""

    def act(stage: Stage) -> None:
        stage.work()
        for pause_s in pauses_s:
            stage.let_pass(pause_s)
            stage.work()

    return act


def _submit_expiring(stage: Stage) -> None:
    stage.submit(BULK, names(2), expires_at_ms=server_ms(stage.plain) + 10_000)


def _correct_secret(stage: Stage) -> None:
    stage.work()
    steer.resume(stage.store, Scope.ACCOUNT, "main", account=None)
    stage.work()


def _resume_what_was_refused(stage: Stage) -> None:
    if any(hold.reason is Reason.AUTH for hold in holds(stage.plain, "main")):
        steer.resume(stage.plain, Scope.ACCOUNT, "main", account=None)


SCENARIOS = (
    Scenario(
        "request-refused",
        work,
        submitted(3),
        answers=refuse_with("k-1"),
        ends_otherwise=_REFUSED,
    ),
    Scenario("item-refused", work, submitted(3), answers=refuse_one("k-1"), ends_otherwise=_REFUSED),
    # A probe that nobody settles lapses after twice the reclaim time.
    Scenario("no-credit", worked_again(31), submitted(12), answers=first(each("G150")), within_s=200),
    Scenario("busy", worked_again(2), submitted(3), answers=first(whole(429, "BUSY"))),
    Scenario("too-large", work, submitted(4), answers=at_most(2), holds_left=_SMALLER),
    Scenario(
        "login-refused",
        _correct_secret,
        submitted(3),
        tend=_resume_what_was_refused,
        answers=first(whole(401, "C401_3")),
    ),
    Scenario("server-trouble", worked_again(3, 3), submitted(2), answers=trouble_then_known),
    Scenario("silence", worked_again(3, 3), submitted(2), answers=silence_first, most_sent=2),
    Scenario(
        "silence-and-expiry",
        worked_again(11),
        _submit_expiring,
        answers=silence_first,
        ends=frozenset({State.ACCEPTED, State.UNCERTAIN, State.EXPIRED}),
        holds_left=_SHUT,
    ),
    Scenario(
        "trouble-parked",
        worked_again(3),
        submitted(3),
        answers=trouble_then_known,
        settings=_PARK,
        ends=_OR_PARKED,
        is_parking=True,
        holds_left=_SHUT,
    ),
    Scenario(
        "silence-parked",
        worked_again(3),
        submitted(3),
        answers=silence_first,
        settings=_PARK,
        ends=_OR_PARKED,
        is_parking=True,
        holds_left=_SHUT,
    ),
    Scenario(
        "ten-parked",
        work,
        submitted(10),
        answers=accept_all,
        settings=_PARK,
        ends=_OR_PARKED,
        is_parking=True,
    ),
)
