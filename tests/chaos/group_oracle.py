"""Whether groups did what persons were answered: nothing is sent of what is cancelled, closed or paused."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from tests.chaos.load import lane_of
from tests.chaos.promises import LEEWAY_S, POSTS_S, Break, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.chaos.evidence import Evidence, GroupAct, Record, Told

_CLOSE, _OPEN = "close", "open"


def may_be_cancelled_with_its_group(told: Told, evidence: Evidence) -> bool:
    """Return whether a cancel of its group can have met the message."""
    return any(act.act == _CLOSE and act.answered_at >= told.asked_at for act in _acts(told, evidence))


def judge_groups(evidence: Evidence, arrivals: Mapping[str, Sequence[float]]) -> Iterator[Break]:
    """Judge each message that belongs to a group to which something was done."""
    for told in evidence.told.values():
        acts = _acts(told, evidence)
        if acts or told.refused_at is not None:
            record = evidence.records.get(told.key)
            yield from _judge_sent(told, record, acts, arrivals.get(told.key, ()))
            yield from _judge_taken_in(told, record, acts)


def _acts(told: Told, evidence: Evidence) -> list[GroupAct]:
    lane = lane_of(told.key)
    if lane is None or lane.held_as is None:
        return []
    of = (lane.account, lane.held_as)
    return [act for act in evidence.fleet.group_acts if (act.account, act.group) == of]


def _judge_sent(
    told: Told, record: Record | None, acts: Sequence[GroupAct], times: Sequence[float]
) -> Iterator[Break]:
    for i, act in enumerate(acts):
        if told.added_at is None or told.added_at > act.asked_at or act.answered_at == inf:
            continue
        start, end = _quiet(act, acts[i + 1 :], told, record)
        for at in times:
            if start < at < end:
                why = f"sent {at - act.answered_at:.2f} s after its group was {_DONE[act.act]}"
                yield Break(Promise.GROUP, told.key, why, act.answered_at, act.asked_at)


_DONE = {
    _CLOSE: "cancelled",
    _OPEN: "opened",
    "pause": "paused",
    "resume": "resumed",
    "reschedule": "put off",
}


# The time in which the message may not arrive at the gateway; an end before the start: there is none.
def _quiet(
    act: GroupAct, later: Sequence[GroupAct], told: Told, record: Record | None
) -> tuple[float, float]:
    # What a worker had in hand may be on its way for some seconds.
    start = act.answered_at + (POSTS_S if told.key in act.in_hand else 0.0) + LEEWAY_S
    if act.act == _CLOSE:
        return start, inf
    if act.act == "pause":
        return start, min((each.asked_at for each in later if each.act in ("resume", _OPEN)), default=inf)
    # What comes back unsent goes again as soon as it can.
    if act.act == "reschedule" and told.key not in act.in_hand and not _was_tried(record, act.answered_at):
        again = min((each.asked_at for each in later if each.act == "reschedule"), default=inf)
        return start, min(act.due_at - LEEWAY_S, again)
    return inf, 0.0


# What may have been sent is not put off.
def _was_tried(record: Record | None, at: float) -> bool:
    return record is not None and any(event.at <= at for event in record.history)


def _judge_taken_in(told: Told, record: Record | None, acts: Sequence[GroupAct]) -> Iterator[Break]:
    key = told.key
    for i, act in enumerate(acts):
        if act.act != _CLOSE or told.asked_at <= act.answered_at:
            continue
        opened = min((each.asked_at for each in acts[i + 1 :] if each.act == _OPEN), default=inf)
        until = told.added_at if told.added_at is not None else inf
        if until < opened or (opened == inf and record is not None):
            why = "taken in although a cancel had closed its group"
            yield Break(Promise.GROUP, key, why, act.answered_at, act.asked_at)
    if told.refused_at is None:
        return
    if not _was_closed_between(told.asked_at, told.refused_at, acts):
        opens = [act for act in acts if act.act == _OPEN and act.answered_at < told.asked_at]
        since = opens[-1].asked_at if opens else 0.0
        yield Break(Promise.GROUP, key, "refused although its group was open", told.refused_at, since)
    if record is not None and told.added_at is None and not told.doubted:
        yield Break(
            Promise.GROUP, key, f"told refused, but there is a record: {record.state}", told.refused_at
        )


def _was_closed_between(start: float, end: float, acts: Sequence[GroupAct]) -> bool:
    for i, act in enumerate(acts):
        if act.act == _CLOSE and act.asked_at <= end:
            opened = min((each.answered_at for each in acts[i + 1 :] if each.act == _OPEN), default=inf)
            if opened >= start:
                return True
    return False
