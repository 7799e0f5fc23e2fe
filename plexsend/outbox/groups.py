"""What a person asks for a whole group: close it, open it, cancel it, give its messages another time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plexsend.outbox.arguments import GROUP, GROUP_ANSWER
from plexsend.outbox.closings import closing_json, parse_closing
from plexsend.outbox.reading.groups import knows, lanes_of, living
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.redis.put import put
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.replies import number, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from plexsend.errors import Closing
    from plexsend.outbox.lanes import Lane
    from plexsend.outbox.redis.store import Store

    Report = Callable[[int, int], object]
    """Called with how many messages were looked at, and how many there were at the beginning."""

_PASSES = 2
"""How often a range is gone through: messages that leave it meanwhile move others past the next place."""


@dataclass(frozen=True, slots=True)
class GroupCancelled:
    """What became of a group that was cancelled. Counts are messages, of this call alone."""

    group: str
    account: str
    cancelled: int
    """They will not be sent."""
    wanted: int
    """They are being sent now, and are cancelled if they come back unsent."""
    parked: tuple[str, ...]
    """Keys of those that may have been sent: `plexsend uncertain settle` decides."""
    known: bool = True
    """Whether anybody knew the group before. False: its name may be misspelt; it is closed all the same."""


@dataclass(frozen=True, slots=True)
class GroupRescheduled:
    """What became of a group that was given another time."""

    group: str
    account: str
    at_ms: int | None
    """When they go; None: as soon as they can."""
    rescheduled: int
    left: dict[str, str] = field(default_factory=dict)
    """Key → why it stays as it is: `may_have_been_sent`, or `expires` (at that time, or before)."""


def close(store: Store, account: str, group: str, *, by: str, why: str) -> Closing:
    """Close a group: nothing is taken into it from now on. Return the closing that holds: the first one."""
    # Otherwise nobody would look for what is closed in an account that has no lane yet.
    put(store, "SADD", store.keys.held, account)
    reply = _call(store, account, "close", group, text=closing_json(by, why, server_ms(store)))
    return parse_closing(account, group, text(reply["text"]))


def open_(store: Store, account: str, group: str) -> bool:
    """Open a group again; return whether it was closed."""
    return text(_call(store, account, "open", group)["status"]) == "opened"


def cancel(
    store: Store, account: str, group: str, *, by: str, why: str, report: Report | None = None
) -> GroupCancelled:
    """Close a group, then cancel all of it that was not sent. Interrupted half-way, it can be repeated."""
    known = knows(store, account, group)
    close(store, account, group, by=by, why=why)
    # Closed first: a lane that is not there now cannot begin any more.
    lanes = lanes_of(store, account, group)
    course = _Course(sum(living(store, lane) for lane in lanes), report)
    for lane in lanes:
        _cancel_lane(store, lane, course)
    return GroupCancelled(group, account, course.done, course.wanted, tuple(course.parked), known)


@dataclass(slots=True)
class _Course:
    """How far a cancel is."""

    total: int
    report: Report | None
    done: int = 0
    wanted: int = 0
    parked: list[str] = field(default_factory=list)

    def note(self, reply: dict[str, Any]) -> int:
        """Count what a call did, and return how much it was."""
        done, wanted, parked = number(reply["done"]), number(reply["wanted"]), reply["left"]
        self.done += done
        self.wanted += wanted
        self.parked += map(text, parked)
        if self.report is not None:
            self.report(self.done + self.wanted + len(self.parked), self.total)
        return done + wanted + len(parked)


def _cancel_lane(store: Store, lane: Lane, course: _Course) -> None:
    after, changed = 0, 0
    while True:
        reply = _call(store, lane.account, "cancel", lane.group or "", lane=lane.name, after=after)
        changed += course.note(reply)
        after = number(reply["after"])
        status = text(reply["status"])
        if status == "all" or (status == "end" and changed == 0):
            return
        if status == "end":
            # What was being sent can have come back unsent behind the place that was looked at.
            after, changed = 0, 0


def reschedule(
    store: Store, account: str, group: str, at_ms: int, *, report: Report | None = None
) -> GroupRescheduled:
    """Give another time to all of a group that was never sent and waits; one that has passed means now."""
    lanes = lanes_of(store, account, group)
    total = sum(living(store, lane) for lane in lanes)
    # What waits already goes as soon as it can.
    is_now = at_ms <= server_ms(store)
    stages = ("scheduled",) if is_now else ("ready", "before", "behind")
    moved, left = 0, dict[str, str]()
    for lane in lanes:
        for stage in stages:
            for _ in range(_PASSES):
                at, status = 0, "more"
                while status == "more":
                    reply = _call(
                        store,
                        account,
                        "reschedule",
                        group,
                        lane=lane.name,
                        at_ms=at_ms,
                        stage=stage,
                        after=at,
                    )
                    at, status = number(reply["after"]), text(reply["status"])
                    moved += number(reply["done"])
                    named = [text(value) for value in reply["left"]]
                    left |= dict(zip(named[::2], named[1::2], strict=True))
                    if report is not None:
                        report(moved + len(left), total)
    return GroupRescheduled(group, account, None if is_now else at_ms, moved, left)


def _call(
    store: Store,
    account: str,
    act: str,
    group: str,
    *,
    lane: str = "",
    text: str = "",
    at_ms: int = 0,
    stage: str = "",
    after: int = 0,
) -> dict[str, Any]:
    written = GROUP.write(act=act, group=group, lane=lane, text=text, at_ms=at_ms, stage=stage, after=after)
    return GROUP_ANSWER.read(store.run(Script.GROUP, account, written))
