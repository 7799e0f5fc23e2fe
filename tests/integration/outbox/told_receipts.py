"""Receipts as the model knows them: what one does to its message, and what one that came early decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.outbox.batches import Outcome
from plexsend.outbox.states import Event, State

if TYPE_CHECKING:
    from tests.integration.outbox.told import Told

CODES = ("q", "o", "8", "0")
"""They say: the key was taken before; nobody knows; not delivered; delivered. The place is the rank."""
_EVENTS = (Event.ACCEPT_LATE, Event.RECEIPT_UNKNOWN, Event.UNDELIVER, Event.DELIVER)
_FROM = (
    (State.UNCERTAIN,),
    (State.UNCERTAIN, State.ACCEPTED),
    (State.UNCERTAIN, State.ACCEPTED, State.UNKNOWN),
    tuple(state for state in State if state not in (State.SENDING, State.DELIVERED)),
)
"""For each rank the states that it settles, beside what waits after it may have been sent."""


def receive(told: Told, rank: int) -> Event | None:
    """Return what a receipt does now; None: nothing, or it is kept until the request is settled."""
    if told.state is State.SENDING:
        if rank > told.kept:
            told.kept = rank
            told.flags.add("r")
        return None
    goes_again = told.state in (State.WAITING, State.SCHEDULED) and "m" in told.flags
    return _EVENTS[rank] if goes_again or told.state in _FROM[rank] else None


def decide(told: Told, outcome: Outcome) -> Event | None:
    """Return what the receipt that was kept does, whatever the verdict is; None: the verdict decides."""
    rank, told.kept = told.kept, -1
    told.flags.discard("r")
    if rank != 0:
        return _EVENTS[rank] if rank > 0 else None
    may_be_there = "m" in told.flags or outcome in (Outcome.RETRY, Outcome.PARK)
    return Event.ACCEPT if may_be_there and outcome is not Outcome.ACCEPTED else None
