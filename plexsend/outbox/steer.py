"""What a person asks for: cancel, requeue, drop, settle, pause, resume."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from plexsend.errors import OutboxMoved
from plexsend.outbox import groups
from plexsend.outbox.arguments import STEER
from plexsend.outbox.holds import Reason, Scope, hold_field, pause_json
from plexsend.outbox.reading.queries import accounts, server_ms
from plexsend.outbox.reasons import HOLD_RULES
from plexsend.outbox.redis.put import put
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.redis.store import mapped
from plexsend.outbox.replies import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.outbox.redis.store import Store


class Act(StrEnum):
    """What is asked for one message."""

    CANCEL = "cancel"
    REQUEUE = "requeue"
    DROP = "drop"
    ACCEPTED = "accepted"
    RESEND = "resend"
    FAILED = "failed"


DecisionOutcome: TypeAlias = Literal[
    "cancelled",
    "wanted",
    "parked",
    "requeued",
    "dropped",
    "settled",
    "rescheduled",
    "kept",
    "refused",
    "no_body",
    "closed",
    "no_fallback",
    "fallback_wanted",
    "fallback_parked",
    "other_went",
    "unknown",
    "may_have_been_sent",
    "expires",
    "runs_changed",
]
"""Every word that steer.lua answers for a message."""
_NOT_DONE = (
    "refused",
    "closed",
    "other_went",
    "unknown",
    "no_body",
    "may_have_been_sent",
    "expires",
    "runs_changed",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a request: `done` or why not, and the state now."""

    outcome: DecisionOutcome
    """cancelled, wanted (it is being sent; honoured if it comes back unsent), parked (may have been sent),
    requeued, dropped, settled, rescheduled, kept (it goes as soon as it can already); refused (not possible
    in this state), no_body, closed (its group is, and it would be sent again), other_went (its fallback, or
    the message of which it is one, so its recipient could get both), unknown (no such message),
    may_have_been_sent, expires (at the time asked for, or before); no_fallback (it is over, and its fallback
    is not sent), fallback_wanted and fallback_parked (it is over, and this became of its fallback);
    runs_changed (a run was made since the caller looked at them)."""
    state: str
    """Of the message that was asked for."""

    @property
    def done(self) -> bool:
        """Whether it was done, or will be."""
        return self.outcome not in _NOT_DONE


def ask(store: Store, account: str, msg_key: str, act: Act, *, runs: str = "") -> Decision:
    """Do what is asked for one message of the account.

    `runs`: as `runs.reading.made` returned it before the caller looked whether a run writes to the same
    receiver: a requeue is done only while no other run was made since. Empty: it does not matter.
    """
    return _decide(store, account, partial(STEER.write, act=act, subject=msg_key, text=runs))


def reschedule(store: Store, account: str, msg_key: str, at_ms: int) -> Decision:
    """Give a message that was never sent another time to go; one that has passed means now."""
    return _decide(store, account, partial(STEER.write, act="reschedule", subject=msg_key, text=str(at_ms)))


def _decide(store: Store, account: str, write: Callable[..., tuple[str | bytes | int, ...]]) -> Decision:
    try:
        outcome, state = store.run(Script.STEER, account, write(is_early=0))
    except OutboxMoved:
        # What only older programs wrote to is not yet adopted, and has not moved.
        with mapped():
            if store.client.sismember(store.keys.accounts, account):
                raise
        outcome, state = store.run(Script.STEER, account, write(is_early=1))
    return Decision(cast("DecisionOutcome", text(outcome)), text(state))


def pause(store: Store, scope: Scope, what: str, *, account: str | None, by: str, why: str) -> None:
    """Hold an account, a lane or group (`account` is its) or, for every account, a service.

    A pause outlives all other holds: only `resume` ends it.
    """
    value = pause_json(by, why, server_ms(store))
    field = hold_field(scope, Reason.PAUSE, what)
    if scope is Scope.SERVICE:
        put(store, "HSET", store.keys.pauses, what, value)
        targets = accounts(store)
    else:
        targets = [account or what]
        # Otherwise nobody would look for the holds of an account that has no lane yet.
        put(store, "SADD", store.keys.held, *targets)
    for target in targets:
        # A person may hold an account before its first message, which writes `here`. A hold does not write
        # it: it does not show that messages are here.
        store.run(Script.STEER, target, STEER.write(act="hold", subject=field, text=value, is_early=1))


def resume(store: Store, scope: Scope, what: str, *, account: str | None) -> list[str]:
    """End every hold of this scope that a person may end so, and wake its lanes; returns the holds' fields.

    A group (`account` is its) that a cancel closed is opened: then `group closed NAME` is among the fields.
    """
    ended = release(store, scope, what, account=account)
    if scope is Scope.GROUP and groups.open_(store, account or "", what):
        ended.append(f"{scope} closed {what}")
    return sorted(set(ended))


def release(store: Store, scope: Scope, what: str, *, account: str | None) -> list[str]:
    """End the same holds, and open no group; returns the holds' fields."""
    fields = [
        hold_field(scope, rule.reason, what)
        for rule in HOLD_RULES
        if scope in rule.scopes and not rule.decided_by
    ]
    ended: list[str] = []
    targets = [account or what]
    if scope is Scope.SERVICE:
        with mapped():
            if store.client.hdel(store.keys.pauses, what):
                ended += fields
        targets = accounts(store)
    for target in targets:
        refusals = hold_field(Scope.ACCOUNT, Reason.AUTH, target)
        write = STEER.write(act="release", subject=refusals, text="", is_early=1)
        reply = store.run(Script.STEER, target, [*write, *fields])
        ended += [text(field) for field in reply[1:]]
    return sorted(set(ended))
