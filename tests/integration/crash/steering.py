"""Scenarios of persons: cancel, ask again, drop, decide, pause and resume."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plexsend.outbox import steer
from plexsend.outbox.advance import Mode, Ticket, advance
from plexsend.outbox.batches import Batch, Outcome, Settlement, Verdict
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from tests.integration.crash.answers import first, whole
from tests.integration.crash.scenario import Scenario
from tests.integration.crash.sending import submitted, work
from tests.integration.crash.sweeping import take_and_die
from tests.integration.worker.room import BULK, STANDARD, names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.crash.scenario import Step
    from tests.integration.crash.stage import Stage

_SCOPES = {Scope.ACCOUNT: "main", Scope.SERVICE: "mms-bulk", Scope.LANE: BULK.name}
SPRING = replace(BULK, group="spring")
_ENDED = {state: frozenset({state}) for state in State}


@dataclass(frozen=True)
class _Decided:
    """A step that asks for something for each of these keys, and then works."""

    acts: Mapping[str, Act]

    def __call__(self, stage: Stage) -> None:
        for key, act in self.acts.items():
            steer.ask(stage.store, "main", key, act)
        stage.work()


def _settled(outcome: Outcome) -> Step:
    """Return a step after which three messages have come to this."""

    def prepare(stage: Stage) -> None:
        stage.submit(BULK, names(3))
        batch = advance(stage.plain, BULK, Ticket("other.1", 1))
        assert isinstance(batch, Batch)
        entries = tuple(Verdict(key, batch.token, outcome, detail="wanted so") for key in names(3))
        settlement = Settlement(batch.token, batch.take, entries)
        advance(stage.plain, BULK, Ticket("other.1", 2), mode=Mode.STOP, settlement=settlement)

    return prepare


def _some_of_each(stage: Stage) -> None:
    take_and_die(stage, ["k-2"], "gone.1")
    stage.submit(BULK, ["k-0"])
    stage.submit(BULK, ["k-1"], send_at_ms=queries.server_ms(stage.plain) + 60_000)
    stage.submit(BULK, ["k-3"])


def _cancel(stage: Stage) -> None:
    for key in names(3):
        stage.producer.cancel(key)
    stage.work()


def _two_lanes_of_a_group(stage: Stage) -> None:
    stage.submit(SPRING, ["k-0", "k-1"])
    stage.submit(SPRING, ["k-2"], send_at_ms=queries.server_ms(stage.plain) + 60_000)
    stage.submit(replace(SPRING, service=STANDARD.service), ["k-3"])
    stage.submit(BULK, ["k-4"])


def _cancel_group(stage: Stage) -> None:
    stage.producer.cancel_group("spring")
    stage.work()


def _cancel_while_sending(stage: Stage) -> None:
    assert steer.ask(stage.plain, "main", "k-1", Act.CANCEL).outcome == "wanted"


def _pause_and_resume(stage: Stage) -> None:
    for scope, what in _SCOPES.items():
        account = "main" if scope is Scope.LANE else None
        steer.pause(stage.store, scope, what, account=account, by="a test", why="wanted so")
    stage.work()
    for scope, what in _SCOPES.items():
        steer.resume(stage.store, scope, what, account="main" if scope is Scope.LANE else None)
    stage.work()


_DEAD = _Decided({"k-0": Act.REQUEUE, "k-1": Act.DROP})
_PARKED = _Decided({"k-0": Act.ACCEPTED, "k-1": Act.RESEND, "k-2": Act.FAILED})

SCENARIOS = (
    Scenario(
        "cancelled",
        _cancel,
        _some_of_each,
        again=_cancel,
        ends_otherwise={
            "k-0": _ENDED[State.CANCELLED],
            "k-1": _ENDED[State.CANCELLED],
            # Its worker died with it: it may have been sent.
            "k-2": _ENDED[State.UNCERTAIN],
        },
    ),
    Scenario(
        "group-cancelled",
        _cancel_group,
        _two_lanes_of_a_group,
        again=_cancel_group,
        ends=_ENDED[State.CANCELLED],
        ends_otherwise={"k-4": _ENDED[State.ACCEPTED]},
    ),
    Scenario(
        "cancelled-while-it-comes-back",
        work,
        submitted(3),
        answers=first(whole(429, "BUSY")),
        meanwhile={"request-1-answered": _cancel_while_sending},
        ends_otherwise={"k-1": frozenset({State.CANCELLED, State.ACCEPTED, State.UNCERTAIN})},
    ),
    Scenario(
        "cancelled-while-it-is-accepted",
        work,
        submitted(3),
        meanwhile={"request-1-answered": _cancel_while_sending},
        ends_otherwise={"k-1": frozenset({State.ACCEPTED, State.UNCERTAIN})},
    ),
    Scenario(
        "dead-letters",
        _DEAD,
        _settled(Outcome.REJECTED),
        again=_DEAD,
        ends=_ENDED[State.REJECTED],
        ends_otherwise={"k-0": _ENDED[State.ACCEPTED], "k-1": frozenset({None})},
    ),
    Scenario(
        "parked-decided",
        _PARKED,
        _settled(Outcome.PARK),
        again=_PARKED,
        settings={"PLEXSEND_ON_UNCERTAIN": "park"},
        ends_otherwise={
            "k-1": frozenset({State.ACCEPTED, State.UNCERTAIN}),
            "k-2": _ENDED[State.FAILED],
        },
        settled_by_a_person=frozenset(names(3)),
        is_parking=True,
    ),
    Scenario("paused-and-resumed", _pause_and_resume, submitted(3), again=_pause_and_resume),
)
