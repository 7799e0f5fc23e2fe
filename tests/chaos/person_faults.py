"""What persons do to groups and policies while all goes on."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from redis import Redis

from tests.chaos.evidence import DailyLimit
from tests.chaos.fault import Fault, Proof
from tests.chaos.load import ACCOUNTS, GROUPS

if TYPE_CHECKING:
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_GATHERS_S = 1.5
"""For so long a group gathers messages before something happens to it."""
_CHANCE_THAT_IT_GATHERS = 0.7
_UNCERTAIN_SHARE = 0.2
_LEFT_OF_A_DAY = 60
# Above what the load brings on average, so that no backlog outlives a judgement.
_LOWER_RATES = (30, 40)
_LIMITED, _PARKING = "mms-standard", "mms-bulk"


def _group(span: Span) -> tuple[str, str]:
    return span.chance.choice(ACCOUNTS), span.chance.choice(GROUPS)


def _cancel(world: World, span: Span) -> Proof:
    persons, words, cancelled = world.persons, [], 0
    while not span.over:
        account, group = _group(span)
        if span.chance.random() < _CHANCE_THAT_IT_GATHERS:
            persons.pause_group(account, group)
            span.wait(_GATHERS_S)
        said = persons.cancel_group(account, group)
        cancelled += int((said or {}).get("cancelled", 0))
        words.append(f"{group}@{account}")
        # Submits are refused meanwhile.
        span.wait(span.chance.uniform(0.2, 1.5))
        persons.open_group(account, group)
    return Proof(len(words), f"{', '.join(words)} closed and opened, {cancelled} messages cancelled")


def _pause(world: World, span: Span) -> Proof:
    account, group = _group(span)
    world.persons.pause_group(account, group)
    span.rest()
    world.persons.open_group(account, group)
    return Proof(1, f"{group}@{account} paused")


def _put_off(world: World, span: Span) -> Proof:
    account, group = _group(span)
    world.persons.pause_group(account, group)
    span.wait(_GATHERS_S)
    said = world.persons.put_off_group(account, group, span.chance.uniform(4.0, 6.0))
    world.persons.open_group(account, group)
    span.rest()
    done = int((said or {}).get("rescheduled", 0))
    return Proof(done, f"{done} messages of {group}@{account} put off")


def _change(world: World, span: Span) -> Proof:
    persons = world.persons
    rate = persons.set_policy(_LIMITED, "rate_per_s", str(span.chance.choice(_LOWER_RATES)))
    world.gateway.set("reset_after", share=_UNCERTAIN_SHARE, seconds=span.seconds)
    persons.set_policy(_PARKING, "on_uncertain", "park")
    span.wait(span.seconds / 3)
    resend = persons.set_policy(_PARKING, "on_uncertain", "resend")
    span.wait(span.seconds / 3)
    for each in (rate, resend):
        persons.unset_policy(each)
    span.rest()
    return Proof(5, f"rate {rate.value} and park set, then taken back")


def _limit_the_day(world: World, span: Span) -> Proof:
    service, account = "mms-bulk", "main"
    midnight, taken = _taken_today(world, service, account)
    limit = world.persons.set_policy(f"{service}@{account}", "daily_limit", str(taken + _LEFT_OF_A_DAY))
    since = time.time()
    span.rest()
    until = time.time()
    after, taken_by_then = _taken_today(world, service, account)
    world.persons.unset_policy(limit)
    if after == midnight and limit.answered_at < until:
        world.persons.daily_limits.append(DailyLimit(service, account, _LEFT_OF_A_DAY, since, until))
    used = taken_by_then - taken
    return Proof(int(used >= _LEFT_OF_A_DAY), f"{used} of {_LEFT_OF_A_DAY} messages left for the day taken")


def _taken_today(world: World, service: str, account: str) -> tuple[int, int]:
    name = world.key(account, f"{service}:day")
    found = (world.valkey.patiently(partial(Redis.get, name=name)) or b"0 0").split()
    return int(found[0]), int(found[1])


PERSON_FAULTS = (
    Fault("group_cancelled", "groups cancelled, closed, opened again", _cancel, "groups", (6.0, 10.0)),
    Fault("group_paused", "a group paused", _pause, "groups"),
    Fault("group_put_off", "what waits in a group given another time", _put_off, "groups", (6.0, 9.0)),
    Fault(
        "policy_changes",
        "a rate lowered, park set and taken back",
        _change,
        "policies reset_after",
        (6.0, 10.0),
        short=False,
    ),
    Fault(
        "daily_limit", "the messages of a day limited", _limit_the_day, "policies", (6.0, 9.0), short=False
    ),
)
