"""Giving one message another time, and how the outcome is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.finding import find_record
from plexsend.cli.options import NOW
from plexsend.cli.timing import Timing, read_moment
from plexsend.errors import NotPossible
from plexsend.outbox import steer
from plexsend.outbox.reading.json_shapes import advertising_json, lane_json
from plexsend.outbox.states import State
from plexsend.terminal.moments import utc

if TYPE_CHECKING:
    from datetime import datetime

    from plexsend.outbox.redis.store import Store
    from plexsend.terminal.screen import Screen

STAYS = {
    "may_have_been_sent": "may have been sent already, so it keeps its time",
    "expires": "expires at that time or before, so it would never be sent. Give an earlier time or cancel it",
}
"""Why a message keeps its time, by the outcome."""


def choose_time(store: Store, account: str, time: datetime) -> tuple[int, Timing]:
    """Return a time in ms since 1970, and what shows it. Raises UsageError for one that passed long ago."""
    if time == NOW:
        return 0, Timing("UTC")
    moment, timing = read_moment(store, account, time)
    return round(moment.timestamp() * 1000), timing


def reschedule_one(screen: Screen, store: Store, key: str, time: datetime, *, account: str | None) -> None:
    """Give one message another time and print the outcome. Raises NotPossible where it keeps its time."""
    record = find_record(store, key, account)
    at_ms, timing = choose_time(store, record.lane.account, time)
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
            **advertising_json(record.lane),
            "send_at": None if decision.state == State.WAITING else utc(at_ms),
        }
    )
    when = "goes as soon as it can" if decision.state == State.WAITING else f"goes at {timing.show_ms(at_ms)}"
    screen.say(f"{key} {when} (state {decision.state}).")
