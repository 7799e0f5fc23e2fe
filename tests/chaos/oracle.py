"""The oracle: which promise was broken, judged from evidence alone. It imports nothing of the product.

A promise is broken by a `Break`. Under `everysec` a killed Redis may have forgotten its last second: what is
lost or doubled by that stands apart as forgotten, if it was told or accepted close enough to a kill.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.chaos.evidence import ACCEPTED, acceptances, arrivals
from tests.chaos.fallback_oracle import judge_fallbacks, was_called_back
from tests.chaos.fleet_oracle import judge_fleet
from tests.chaos.group_oracle import judge_groups, may_be_cancelled_with_its_group
from tests.chaos.law_oracle import is_lawful, judge_law
from tests.chaos.load import lane_of
from tests.chaos.picture_oracle import judge_pictures, may_be_expired
from tests.chaos.promises import FORGETS_S, LEEWAY_S, POSTS_S, Break, Promise
from tests.chaos.receipt_oracle import SENT, is_contradicted, judge_receipts, judge_sequel
from tests.chaos.restore_oracle import (
    find_restore,
    is_excused,
    is_fallback_forgotten,
    is_try_forgotten,
    judge_restores,
    may_be_said_sent,
)
from tests.chaos.traffic_oracle import judge_batches, judge_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.chaos.evidence import Event, Evidence, Record, Restore, Told
    from tests.chaos.load import Lane


HISTORY_LENGTH = 50
NO_BODY = "NO_BODY"
"""The code of a message without a text that can be sent."""

_UNCERTAIN = re.compile(
    r"NO_VERDICT|TIMEOUT|RESET|BROKEN|TOO_LARGE|MISSING|DOUBLED|UNREADABLE|C100|C5\d\d.*|HTTP_5\d\d|HTTP_499"
    r"|APIGW_(500|510|900)"
)
_AFTER_UNCERTAIN = frozenset({"postpone", "give_back", "park"})
AROUND_S = 1.0
"""Around an event, since what was in force is looked at now and then."""
_LIVING = frozenset({"scheduled", "waiting", "sending"})
_REFUSED = frozenset({"rejected", "failed"})


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
    refused: int = 0
    """Told that their group is closed."""
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
            "refused": self.refused,
            "worst_second": self.worst_second,
        }


def judge(evidence: Evidence) -> Judgement:
    """Judge everything that the evidence covers."""
    found = Judgement(len(evidence.told))
    accepted, arrived = acceptances(evidence.requests), arrivals(evidence.requests)
    refused = _refusals(evidence)
    for told in evidence.told.values():
        record = evidence.records.get(told.key)
        found.states[record.state if record else "none"] += 1
        found.in_doubt += told.added_at is None and told.refused_at is None
        found.refused += told.refused_at is not None
        faults = _judge_message(told, record, accepted.get(told.key, []), refused, evidence)
        for fault in (*faults, *_judge_again(told, record, arrived.get(told.key, []), evidence)):
            _file(found, fault, evidence)
        found.resent += max(0, len(accepted.get(told.key, ())) - 1)
    again = _again_after_restores(evidence, accepted)
    # The kill before a copy is put back excuses nothing of it.
    found.breaks += judge_restores(evidence, arrived, again)
    for fault in (
        *judge_groups(evidence, arrived),
        *judge_fleet(evidence),
        *judge_sequel(evidence),
        *judge_law(evidence),
        *judge_fallbacks(evidence, refused, accepted),
        *judge_pictures(evidence, accepted),
    ):
        _file(found, fault, evidence)
    found.breaks += _judge_audit(evidence)
    found.breaks += judge_batches(evidence)
    broken, found.worst_second = judge_rates(evidence)
    found.breaks += broken
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
        elif accepted and not is_fallback_forgotten(evidence, key, accepted):
            why = "accepted by the gateway, but there is no record"
            yield Break(Promise.LOST, key, why, accepted[0], told.asked_at)
    else:
        yield from _judge_end(told, record, accepted, refused.get(key, set()), evidence)
        yield from judge_receipts(evidence, told, record, accepted, is_refused=key in refused)
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
    elif (
        record.state in SENT
        and not accepted
        and not may_be_said_sent(told, record, evidence)
        and not is_contradicted(told, record, evidence, is_refused=bool(refused))
    ):
        yield Break(
            Promise.LOST, key, f"its record says {record.state}, but the gateway never accepted it", at
        )
    elif record.code == NO_BODY and not accepted and evidence.planted_in(key, "b"):
        pass
    elif record.state == "uncertain" and key not in evidence.parked:
        yield Break(Promise.PARKED, key, "parked, but `plexsend uncertain list` does not name it", at)
    elif record.state not in SENT | {"uncertain"} and accepted:
        why = f"its record says {record.state} ({record.code}), but it was accepted"
        yield Break(Promise.END, key, why, accepted[0], accepted[0] - POSTS_S)
    elif record.state in _REFUSED and record.code not in refused:
        yield Break(Promise.END, key, f"{record.state} as {record.code}, which the gateway never said", at)
    elif (
        record.state == "cancelled"
        and not told.cancelled
        and not is_lawful(told, record, evidence)
        and not was_called_back(told, evidence)
        and not may_be_cancelled_with_its_group(told, evidence)
    ):
        yield Break(Promise.END, key, "cancelled, but nobody asked for it", at)
    elif record.state == "expired" and not may_be_expired(told, evidence):
        yield Break(Promise.END, key, "expired, but nobody set a time", at)


def _judge_twice(
    told: Told, record: Record | None, accepted: list[float], evidence: Evidence
) -> Iterator[Break]:
    lane = lane_of(told.key)
    for first, second in pairwise(accepted):
        uncertain = _uncertain_between(record, first, second)
        restore = find_restore(evidence, first, second)
        if is_excused(restore, told.key, record, first, second, was_uncertain=bool(uncertain)):
            continue
        if _parks(lane, first, second, evidence) or (
            uncertain and all(_parks(lane, at - AROUND_S, at + AROUND_S, evidence) for at in uncertain)
        ):
            why = f"accepted {len(accepted)} times, and its lane parks"
            yield Break(Promise.PARKED, told.key, why, first, first - POSTS_S)
        elif (
            not uncertain
            and not _is_forgotten(record, first)
            and not is_try_forgotten(evidence, first, second)
            and not any(
                each.since <= second and first <= each.until for each in evidence.planted_in(told.key, "h")
            )
        ):
            why = "accepted twice without an uncertain try between"
            yield Break(Promise.DOUBLED, told.key, why, first, first - POSTS_S)
            if told.imported:
                yield Break(Promise.IMPORT, told.key, why, first, first - POSTS_S)


# Those with an uncertain try between would have gone again without it.
def _again_after_restores(evidence: Evidence, accepted: Mapping[str, Sequence[float]]) -> Counter[Restore]:
    found: Counter[Restore] = Counter()
    for key in evidence.told:
        for first, second in pairwise(accepted.get(key, ())):
            restore = find_restore(evidence, first, second)
            if restore is not None and not _uncertain_between(evidence.records.get(key), first, second):
                found[restore] += 1
    return found


def _uncertain_between(record: Record | None, first: float, second: float) -> list[float]:
    events = record.history if record else ()
    start, end = first - LEEWAY_S, second + LEEWAY_S
    return [event.at for event in events if start <= event.at <= end and _is_uncertain(event)]


# What the history told of that time has made room for later events.
def _is_forgotten(record: Record | None, at: float) -> bool:
    return record is not None and len(record.history) >= HISTORY_LENGTH and record.history[0].at > at


# Also where the gateway accepted neither try: under park a person decides, and here none does.
def _judge_again(
    told: Told, record: Record | None, times: Sequence[float], evidence: Evidence
) -> Iterator[Break]:
    events = record.history if record else ()
    uncertain = [event.at for event in events if _is_uncertain(event)]
    for at in times:
        before = [each for each in uncertain if each < at - LEEWAY_S]
        if before and _parks(lane_of(told.key), at - POSTS_S, at, evidence):
            why = "sent again after an uncertain try, and its lane parks"
            yield Break(Promise.PARKED, told.key, why, at, before[-1])
            return


def _is_uncertain(event: Event) -> bool:
    return event.event in _AFTER_UNCERTAIN and _UNCERTAIN.fullmatch(event.code) is not None


def _parks(lane: Lane | None, start: float, end: float, evidence: Evidence) -> bool:
    """Return whether the lane's service parked all the time between, as far as it was looked at."""
    if lane is None:
        return False
    name = f"on_uncertain:{lane.service}"
    possible = evidence.fleet.policies.possible(lane.account, name, start, end)
    return possible == {"park"} if possible else lane.route.name in evidence.parking


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
