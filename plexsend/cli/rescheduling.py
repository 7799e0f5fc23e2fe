"""Giving one message another time, and how the outcome is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.finding import find_record
from plexsend.errors import NotPossible
from plexsend.outbox import steer
from plexsend.outbox.reading.json_shapes import lane_json
from plexsend.outbox.states import State
from plexsend.terminal.moments import local, utc

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen

STAYS = {
    "may_have_been_sent": "may have been sent already, so it keeps its time",
    "expires": "expires at that time or before, so it would never be sent. Give an earlier time or cancel it",
}
"""Why a message keeps its time, by the outcome."""


def reschedule_one(screen: Screen, store: Store, key: str, at_ms: int, *, account: str | None) -> None:
    """Give one message another time and print the outcome. Raises NotPossible where it keeps its time."""
    record = find_record(store, key, account)
    decision = steer.reschedule(store, record.lane.account, key, at_ms)
    if decision.outcome == "unknown":
        raise NotPossible(f"No message {key!r} is known any more.")
    if not decision.done:
        words = STAYS.get(
            decision.outcome, f"is {decision.state}: only what waits or is scheduled gets another time"
        )
        raise NotPossible(f"{key!r} {words}.")
    screen.facts(
        {
            "msg_key": key,
            "outcome": decision.outcome,
            "state": decision.state,
            **lane_json(record.lane),
            "send_at": None if decision.state == State.WAITING else utc(at_ms),
        }
    )
    when = "goes as soon as it can" if decision.state == State.WAITING else f"goes at {local(at_ms)}"
    screen.say(f"{key} {when} (state {decision.state}).")
