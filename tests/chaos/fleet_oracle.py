"""Whether a fleet whose processes differ keeps to one truth, and goes on where a part of it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos.in_force import is_as_strict
from tests.chaos.load import ACCOUNTS, lane_of
from tests.chaos.promises import Break, Promise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.chaos.evidence import Evidence
    from tests.chaos.in_force import Ask, Reading, SetValue

SETTLED_S = 2.0
"""From an answer or an announcement to its effect in every account."""
RECOVERS_S = 15.0
"""After a kill of Redis, until all processes have announced again what it forgot."""
IN_FLIGHT = 40
"""Messages of one route that may be under way at once: four connections, ten each."""
GOES_ON_S = 8.0
HELD_S = 3.0
"""For so long an account may be held wrongly: processes do not see each other at once after an outage."""


def judge_fleet(evidence: Evidence) -> Iterator[Break]:
    """Judge everything of the run; what is known of the fleet has no keys."""
    yield from _judge_policies(evidence)
    yield from _judge_daily_limits(evidence)
    yield from _judge_addresses(evidence)
    yield from _judge_absences(evidence)
    yield from _judge_secrets(evidence)


def _judge_policies(evidence: Evidence) -> Iterator[Break]:
    fleet = evidence.fleet
    for account in ACCOUNTS:
        for reading in fleet.policies.readings(account):
            for ask in fleet.asks:
                yield from _judge_ask(account, reading, ask, evidence)
            for each in fleet.set_values:
                yield from _judge_set_value(account, reading, each, evidence)


def _judge_ask(account: str, reading: Reading, ask: Ask, evidence: Evidence) -> Iterator[Break]:
    start, end = max(reading.first, ask.since + SETTLED_S), min(reading.last, ask.until)
    sets = [each for each in evidence.fleet.set_values if each.is_for(account, ask.name)]
    # Any moment would do; these are the ones at which something is over that excuses it.
    ends = [each.ended_at + SETTLED_S for each in sets] + [at + RECOVERS_S for at in evidence.kills]
    value = reading.values.get(ask.name)
    if value is not None and is_as_strict(ask.name, value, ask.value):
        return
    for moment in (start, *ends):
        if (
            start <= moment <= end
            and not _is_recovering(moment, evidence)
            and not any(each.asked_at <= moment < each.ended_at + SETTLED_S for each in sets)
        ):
            why = f"{ask.name} of {account} is {value}, but {ask.process} asks for {ask.value}"
            yield Break(Promise.POLICY, "", why, moment)
            return


def _judge_set_value(account: str, reading: Reading, each: SetValue, evidence: Evidence) -> Iterator[Break]:
    moment = max(reading.first, each.answered_at)
    for name, value in reading.values.items():
        if (
            each.is_for(account, name)
            and each.holds(moment)
            and moment <= reading.last
            and not _is_recovering(moment, evidence)
            and not _is_same(value, each.value)
        ):
            why = f"{name} of {account} is {value}, but a person set {each.value}"
            yield Break(Promise.POLICY, "", why, moment, each.asked_at)


def _is_same(value: str, other: str) -> bool:
    try:
        return float(value) == float(other)
    except ValueError:
        return value == other


def _is_recovering(moment: float, evidence: Evidence) -> bool:
    return any(at <= moment < at + RECOVERS_S for at in evidence.kills)


def _judge_daily_limits(evidence: Evidence) -> Iterator[Break]:
    for limit in evidence.fleet.daily_limits:
        n = 0
        for request in evidence.requests:
            lane = lane_of(request.keys[0]) if request.keys else None
            if lane is not None and (lane.service, lane.account) == (limit.service, limit.account):
                n += len(request.keys) if limit.since <= request.at <= limit.until else 0
        if n > limit.left + IN_FLIGHT:
            why = f"{n} messages of {limit.service}, of which {limit.left} were left for the day"
            yield Break(Promise.RATE, "", why, limit.since)


def _judge_addresses(evidence: Evidence) -> Iterator[Break]:
    for request in evidence.fleet.elsewhere:
        why = f"{len(request.keys)} messages went to the address of another gateway"
        yield Break(Promise.ADDRESS, request.keys[0] if request.keys else "", why, request.at)


def _judge_absences(evidence: Evidence) -> Iterator[Break]:
    for absence in evidence.fleet.absences:
        served = {lane.service for key in evidence.told if (lane := lane_of(key)) is not None}
        for service in sorted(served):
            accepted = [request.at for request in evidence.requests if _serves(request.keys, service)]
            if service == absence.service:
                waiting = [at for at in _added(evidence, service) if absence.since <= at <= absence.until]
                moments: Iterable[float] = [absence.until] if waiting else []
            else:
                moments = [
                    at
                    for at in _added(evidence, service)
                    if absence.since <= at <= absence.watched_until - GOES_ON_S
                ]
            for moment in moments:
                if not any(moment < at <= moment + GOES_ON_S for at in accepted):
                    when = _WHEN[service == absence.service].format(absence.service)
                    why = f"nothing of {service} was sent for {GOES_ON_S:g} s {when}"
                    yield Break(Promise.GOES_ON, "", why, moment)
                    break


_WHEN = {True: "after a worker came back for {}", False: "while {} was without a worker"}


def _serves(keys: tuple[str, ...], service: str) -> bool:
    lane = lane_of(keys[0]) if keys else None
    return lane is not None and lane.service == service


# What waits for its time, or in a group that is held, is not counted: its moment is not known here.
def _added(evidence: Evidence, service: str) -> list[float]:
    found = []
    for told in evidence.told.values():
        lane = lane_of(told.key)
        if lane is not None and lane.service == service and lane.group is None and not told.later:
            found.append(told.added_at)
    return sorted(at for at in found if at is not None)


def _judge_secrets(evidence: Evidence) -> Iterator[Break]:
    for account, since, until in evidence.fleet.good_secrets:
        for held, start, end in evidence.fleet.auth_holds:
            overlap = min(end, until) - max(start, since)
            if held == account and overlap > HELD_S:
                why = f"{account} was held {overlap:.1f} s for its credentials, though workers had good ones"
                yield Break(Promise.GOES_ON, "", why, start)
