"""What a person decides for single messages, and how the outcome is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plexsend.cli.finding import find_record
from plexsend.errors import NotPossible
from plexsend.outbox.fallbacks import fallback_key
from plexsend.outbox.reading.json_shapes import advertising_json, lane_json
from plexsend.outbox.steer import Act, ask

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store
    from plexsend.outbox.steer import Decision
    from plexsend.terminal.screen import Screen

_DONE = {
    "cancelled": "is cancelled: it will not be sent",
    "wanted": "is being sent right now; it is cancelled if it comes back unsent",
    "parked": "may have been sent already, so it is uncertain: settle it with `plexsend uncertain settle`",
    "no_fallback": "cannot be cancelled any more, but nothing is sent in its place",
    "requeued": "waits again",
    "dropped": "is dropped",
    "settled": "is settled",
}

_OF_FALLBACK = {"fallback_wanted": _DONE["wanted"], "fallback_parked": _DONE["parked"]}
"""What became of the fallback of a message that is over."""

_POSSIBLE = {
    Act.CANCEL: "Only what is scheduled, waiting or being sent can be cancelled.",
    Act.REQUEUE: "Only what was rejected or has failed can be requeued.",
    Act.DROP: "Only what was rejected or has failed can be dropped.",
    Act.ACCEPTED: "Only what is uncertain can be settled.",
    Act.RESEND: "Only what is uncertain can be settled.",
    Act.FAILED: "Only what is uncertain can be settled.",
}


def decide_one(screen: Screen, store: Store, key: str, *, account: str | None, act: Act) -> None:
    """Do what is asked for one message and print the outcome. Raises NotPossible where it is not possible."""
    record = find_record(store, key, account)
    decision = ask(store, record.lane.account, key, act)
    if not decision.done:
        raise refusal(key, act, decision)
    screen.facts(
        {
            "msg_key": key,
            "outcome": decision.outcome,
            "state": decision.state,
            **lane_json(record.lane),
            **advertising_json(record.lane),
        }
    )
    if decision.outcome in _OF_FALLBACK:
        over = f"{key} is {decision.state} and cannot be cancelled any more"
        screen.say(f"{over}. Its fallback {fallback_key(key)} {_OF_FALLBACK[decision.outcome]}.")
        return
    screen.say(f"{key} {_DONE.get(decision.outcome, decision.outcome)} (state {decision.state}).")


def refusal(key: str, act: Act, decision: Decision) -> NotPossible:
    """Return why it was not done."""
    if decision.outcome == "unknown":
        return NotPossible(f"No message {key!r} is known any more.")
    if decision.outcome == "no_body":
        return NotPossible(f"{key!r} has no body left that could be sent. Submit it again under another key.")
    if decision.outcome == "closed":
        return NotPossible(
            f"{key!r} is of a group that was cancelled, and would be sent again. Open the group first: "
            "`plexsend resume group:NAME`."
        )
    if decision.outcome == "other_went":
        return NotPossible(
            f"{key!r} and its fallback are one, and the other of the two has gone (`plexsend status {key}`): "
            "the recipient could get both. Submit it under another key if that is wanted."
        )
    return NotPossible(f"{key!r} is {decision.state}. {_POSSIBLE[act]}")
