"""The oracle: which promise was broken, judged from evidence alone. It imports nothing of the product.

A promise is broken by a `Break`. Under `everysec` a killed Redis may have forgotten its last second: what is
lost or doubled by that stands apart as forgotten, if it was told or accepted close enough to a kill.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.chaos.evidence import ACCEPTED, acceptances
from tests.chaos.load import lane_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.evidence import Evidence, Record, Told


class Promise(StrEnum):
    """What is promised, one column of the report each."""

    LOST = "nothing lost"
    DOUBLED = "nothing twice"
    PARKED = "park: never twice, named"
    DECIDED = "decided in 2 min"
    END = "ends as answered"
    AUDIT = "audit"
    BATCH = "batches"
    RATE = "rate"
    IMPORT = "rows once"
    SECRET = "nothing told"


FORGETS_S = 2.0
"""How long before its end a killed Redis may have told what it forgets: a second, and one of lateness."""
POSTS_S = 5.0
"""From a take to its request at the most: beyond that a worker gives back what it took."""
LEEWAY_S = 0.25
"""Between the gateway's clock reading and Redis's for the same message, both on one machine."""
WORST_SECOND = 1.1
"""Arrivals are bunched on their way by so much."""
TOLERANCE = 20
"""Two batches."""
FULL_BATCH = 10
HISTORY_LENGTH = 50

_UNCERTAIN = re.compile(
    r"NO_VERDICT|TIMEOUT|RESET|BROKEN|TOO_LARGE|MISSING|DOUBLED|UNREADABLE|C100|C5\d\d.*|HTTP_5\d\d"
)
_AFTER_UNCERTAIN = frozenset({"postpone", "give_back", "park"})
_LIVING = frozenset({"scheduled", "waiting", "sending"})
_REFUSED = frozenset({"rejected", "failed"})


@dataclass(frozen=True, slots=True)
class Break:
    """One promise broken by one message, or by the run as a whole (`key` empty)."""

    promise: Promise
    key: str
    why: str
    at: float = 0.0
    since: float = 0.0
    """What was told or taken then was so at the earliest; 0: no killed Redis excuses it."""


@dataclass(slots=True)
class Judgement:
    """The verdict."""

    messages: int
    states: Counter[str] = field(default_factory=Counter)
    breaks: list[Break] = field(default_factory=list)
    forgotten: list[Break] = field(default_factory=list)
    resent: int = 0
    """Accepted again after an uncertain try: allowed where nothing parks."""
    in_doubt: int = 0
    """Never told whether they were added."""
    worst_second: int = 0

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not self.breaks

    def as_json(self) -> dict[str, object]:
        """Return the verdict as data."""
        return {
            "messages": self.messages,
            "states": dict(self.states),
            "breaks": [asdict(each) for each in self.breaks],
            "forgotten": [asdict(each) for each in self.forgotten],
            "resent": self.resent,
            "in_doubt": self.in_doubt,
            "worst_second": self.worst_second,
        }


def judge(evidence: Evidence) -> Judgement:
    """Judge everything that the evidence covers."""
    found = Judgement(len(evidence.told))
    accepted = acceptances(evidence.requests)
    refused = _refusals(evidence)
    for told in evidence.told.values():
        record = evidence.records.get(told.key)
        found.states[record.state if record else "none"] += 1
        found.in_doubt += told.added_at is None
        for fault in _judge_message(told, record, accepted.get(told.key, []), refused, evidence):
            _file(found, fault, evidence)
        found.resent += max(0, len(accepted.get(told.key, ())) - 1)
    found.breaks += _judge_audit(evidence)
    found.breaks += _judge_batches(evidence)
    found.breaks += _judge_rates(evidence, found)
    found.breaks += [Break(Promise.SECRET, "", f"{what} in {where}") for where, what in evidence.leaks]
    return found


def _judge_message(
    told: Told, record: Record | None, accepted: list[float], refused: dict[str, set[str]], evidence: Evidence
) -> Iterator[Break]:
    key, at = told.key, told.added_at or told.asked_at
    if told.conflict:
        yield Break(Promise.IMPORT if told.imported else Promise.END, key, "told to be in conflict", at)
    if record is None:
        if told.added_at is not None:
            yield Break(Promise.LOST, key, "told added, but there is no record", at, told.added_from)
            if told.imported:
                yield Break(Promise.IMPORT, key, "a row of a file that is missing", at, told.added_from)
        elif accepted:
            why = "accepted by the gateway, but there is no record"
            yield Break(Promise.LOST, key, why, accepted[0], told.asked_at)
    else:
        yield from _judge_end(told, record, accepted, refused.get(key, set()), evidence)
    yield from _judge_twice(told, record, accepted, evidence)


def _judge_end(
    told: Told, record: Record, accepted: list[float], refused: set[str], evidence: Evidence
) -> Iterator[Break]:
    key, at = told.key, told.added_at or told.asked_at
    lane = lane_of(key)
    if lane is None or lane.name != record.lane:
        yield Break(Promise.END, key, f"stands in the lane {record.lane}", at)
    if record.state in _LIVING:
        yield Break(Promise.DECIDED, key, f"still {record.state}", at)
    elif record.state == "accepted" and not accepted:
        yield Break(Promise.LOST, key, "its record says accepted, but the gateway never did", at)
    elif record.state == "uncertain" and key not in evidence.parked:
        yield Break(Promise.PARKED, key, "parked, but `plexsend uncertain list` does not name it", at)
    elif record.state not in ("accepted", "uncertain") and accepted:
        why = f"its record says {record.state} ({record.code}), but it was accepted"
        yield Break(Promise.END, key, why, accepted[0], accepted[0] - POSTS_S)
    elif record.state in _REFUSED and record.code not in refused:
        yield Break(Promise.END, key, f"{record.state} as {record.code}, which the gateway never said", at)
    elif record.state == "cancelled" and not told.cancelled:
        yield Break(Promise.END, key, "cancelled, but nobody asked for it", at)
    elif record.state == "expired":
        yield Break(Promise.END, key, "expired, but nobody set a time", at)


def _judge_twice(
    told: Told, record: Record | None, accepted: list[float], evidence: Evidence
) -> Iterator[Break]:
    lane = lane_of(told.key)
    if lane is not None and lane.name in evidence.parking and len(accepted) > 1:
        why = f"accepted {len(accepted)} times, and its lane parks"
        yield Break(Promise.PARKED, told.key, why, accepted[0], accepted[0] - POSTS_S)
        return
    for first, second in pairwise(accepted):
        if not _is_uncertain_between(record, first, second):
            why = "accepted twice without an uncertain try between"
            yield Break(Promise.DOUBLED, told.key, why, first, first - POSTS_S)
            if told.imported:
                yield Break(Promise.IMPORT, told.key, why, first, first - POSTS_S)


def _is_uncertain_between(record: Record | None, first: float, second: float) -> bool:
    if record is None:
        return False
    history = record.history
    if len(history) >= HISTORY_LENGTH and history[0].at > first:
        # What it told of that time has made room for later events.
        return True
    return any(
        first - LEEWAY_S <= event.at <= second + LEEWAY_S
        and event.event in _AFTER_UNCERTAIN
        and _UNCERTAIN.fullmatch(event.code) is not None
        for event in history
    )


# A killed Redis is to blame for what it had told, or handed out, and then forgot.
def _file(found: Judgement, fault: Break, evidence: Evidence) -> None:
    near = fault.since and any(fault.since <= kill <= fault.at + FORGETS_S for kill in evidence.kills)
    (found.forgotten if evidence.forgetful and near else found.breaks).append(fault)


def _refusals(evidence: Evidence) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for request in evidence.requests:
        for key, code in zip(request.keys, request.codes, strict=True):
            if code != ACCEPTED:
                found.setdefault(key, set()).add(code)
    return found


def _judge_audit(evidence: Evidence) -> Iterator[Break]:
    audit = evidence.audit
    breaks = audit.get("breaks")
    if not isinstance(breaks, list):
        yield Break(Promise.AUDIT, "", "plexsend audit told nothing")
        return
    for each in breaks:
        yield Break(Promise.AUDIT, str(each.get("msg_key") or ""), f"{each.get('lane')}: {each.get('what')}")
    if evidence.whole and audit.get("messages") != len(evidence.records):
        yield Break(
            Promise.AUDIT,
            "",
            f"{audit.get('messages')} counted as submitted, but {len(evidence.records)} keys have a record",
        )


def _judge_batches(evidence: Evidence) -> Iterator[Break]:
    for request in evidence.requests:
        if request.at < evidence.since:
            continue
        if not 1 <= len(request.keys) <= FULL_BATCH:
            yield Break(Promise.BATCH, "", f"{len(request.keys)} messages in a request", request.at)
        if len(set(request.keys)) != len(request.keys):
            yield Break(Promise.BATCH, request.keys[0], "a key stands twice in a request", request.at)
        lanes = {lane_of(key) for key in request.keys}
        lane = next(iter(lanes), None)
        if len(lanes) > 1 or lane is None:
            yield Break(Promise.BATCH, request.keys[0], "lanes are mixed in a request", request.at)
        elif (lane.path, evidence.users[lane.account]) != (request.path, request.user):
            yield Break(
                Promise.BATCH, request.keys[0], f"{lane.name} went to {request.path} as another", request.at
            )


def _judge_rates(evidence: Evidence, found: Judgement) -> Iterator[Break]:
    limited: dict[tuple[str, str], list[float]] = {}
    rates: dict[tuple[str, str], int] = {}
    for request in evidence.requests:
        lane = lane_of(request.keys[0]) if request.keys else None
        if lane is not None and lane.rate_per_s and request.at >= evidence.since:
            of = (lane.service, lane.account)
            rates[of] = lane.rate_per_s
            limited.setdefault(of, []).extend([request.at] * len(request.keys))
    for of, times in limited.items():
        times.sort()
        clear = [at for at in times if not any(start <= at <= end for start, end in evidence.blurred)]
        most = (rates[of] + TOLERANCE) * WORST_SECOND
        for i, at in enumerate(clear):
            n = bisect.bisect_left(clear, at + 1.0, i) - i
            found.worst_second = max(found.worst_second, n)
            if n > most:
                yield Break(Promise.RATE, "", f"{n} messages of {of[0]} in the second from {at:.3f}", at)
                break
