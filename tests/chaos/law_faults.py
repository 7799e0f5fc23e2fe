"""Hours that end and begin, and people who refuse, while advertisements wait in every way."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from redis import Redis

from tests.chaos.fault import Fault, Need, Proof
from tests.chaos.load import (
    ACCOUNTS,
    AD_GROUPS,
    FALLBACK_MARK,
    LANE_OF_CODE,
    QUIET,
    REFUSAL_NUMBER,
    SENDER,
    receiver_of,
)
from tests.chaos.pushes import Pushes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.fault import Span
    from tests.chaos.law import Refusal
    from tests.chaos.load import Lane
    from tests.chaos.world import World

_KST = timedelta(hours=9)
_GATHERS_S = 2.5
_TROUBLE_S = 8.0
"""For so long before the hours end requests fail, so that every kind of try waits."""
_NIGHT_S = 7.0
_LOOKED_AT = 200
_MOST_REFUSALS = 60
_LEFT_REFUSED = 30
_SECOND_S = 1.0
_NUMBERS_A_PUSH = 2
_EVERY_TAKEN_BACK = 3
_KILLED = 0.4
"""Of pushes: before, while or just after what takes them is killed."""
_ANSWERS_IN_S = 0.02
_WAYS = (
    ("ads", ""),
    ("ads", f"sender:{SENDER}"),
    ("ads", f"refusal:{REFUSAL_NUMBER}"),
    ("all", ""),
)
"""Kinds of a refusal, and for whom it holds."""


def _lanes(account: str) -> list[Lane]:
    return [lane for lane in LANE_OF_CODE.values() if (lane.account, lane.ad) == (account, QUIET)]


def _hour(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC) + _KST:%H:%M}"


def _make_trouble(world: World, seconds: float) -> None:
    for kind, share in (("reset_after", 0.2), ("http_503", 0.2), ("bad_item", 0.3)):
        world.gateway.set(kind, share=share, seconds=seconds)


def _set_hours(world: World, account: str, hours: str) -> None:
    world.persons.set_policy(f"@{account}", "quiet_hours", hours)


def _night(world: World, span: Span, account: str) -> Proof:
    """Let a night go by that has begun: a person asks for dead letters, receipts let fallbacks go."""
    requeued = 0
    for lane in span.chance.sample(_lanes(account), 4):
        requeued += world.persons.requeue(lane.name, account)
    span.wait(_NIGHT_S)
    kinds = _waiting(world, account)
    words = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) or "nothing"
    return Proof(sum(kinds.values()), f"in the night of {account} wait: {words}; {requeued} asked for")


def _night_by_person(world: World, span: Span) -> Proof:
    account = span.chance.choice(ACCOUNTS)
    _make_trouble(world, span.seconds)
    span.wait(_GATHERS_S)
    _set_hours(world, account, f"{_hour(time.time())}-08:00")
    proof = _night(world, span, account)
    world.persons.open_hours()
    return proof


def _night_by_clock(world: World, span: Span) -> Proof:
    account = span.chance.choice(ACCOUNTS)
    ends = _next_minute()
    _set_hours(world, account, f"{_hour(ends)}-08:00")
    span.wait(ends - _TROUBLE_S - time.time())
    _make_trouble(world, _TROUBLE_S + _SECOND_S)
    span.wait(ends - time.time())
    proof = _night(world, span, account)
    world.persons.open_hours()
    return proof


def _morning_by_clock(world: World, span: Span) -> Proof:
    account = span.chance.choice(ACCOUNTS)
    _make_trouble(world, _TROUBLE_S)
    span.wait(_GATHERS_S)
    begins = _next_minute()
    _set_hours(world, account, f"20:50-{_hour(begins)}")
    proof = _night(world, span, account)
    # What waits goes by the clock, with nobody's help.
    span.wait(begins + _SECOND_S - time.time())
    sent = _wait_sent(world, account)
    world.persons.open_hours()
    return Proof(proof.count, f"{proof.words}; in the morning {sent} wait still after {_NIGHT_S:g} s")


# Not so near that it is over before everything is there.
def _next_minute() -> float:
    return (time.time() + _TROUBLE_S + _GATHERS_S) // 60 * 60 + 60


def _wait_sent(world: World, account: str) -> int:
    time.sleep(_NIGHT_S)
    return sum(_waiting(world, account).values())


def _waiting(world: World, account: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for key in _waiting_keys(world, account):
        read: Any = partial(Redis.lindex, name=world.key(account, f"h:{key}"), index=-1)
        last = (world.valkey.patiently(read) or b"").decode("utf-8", "replace").split("|")
        found[_kind(key, *last[1:3])] += 1
    return found


def _kind(key: str, event: str = "", code: str = "") -> str:
    if event == "requeue":
        return "that a person asked for"
    if event:
        return "that may have been sent" if code in _UNCERTAIN else f"back ({code})"
    return "fallbacks" if key.endswith(FALLBACK_MARK) else "first tries"


_UNCERTAIN = ("RESET", "TIMEOUT", "BROKEN")


def _waiting_keys(world: World, account: str) -> Iterator[str]:
    for lane in _lanes(account):
        for part in ("ready", "later"):
            name = world.key(account, f"{lane.name}:{part}")
            read: Any = partial(Redis.zrange, name=name, start=0, end=_LOOKED_AT)
            for key in world.valkey.patiently(read):
                yield key.decode().rpartition(":")[2]


@contextmanager
def _held(world: World, span: Span, account: str) -> Iterator[list[str]]:
    """Hold the advertisements of an account, give numbers that wait for some, and let everything go."""
    persons, held = world.persons, (QUIET, *AD_GROUPS)
    for group in held:
        persons.pause_group(account, group)
    span.wait(_GATHERS_S)
    numbers = sorted({receiver_of(key) for key in _waiting_keys(world, account)})
    span.chance.shuffle(numbers)
    yield numbers[:_MOST_REFUSALS]
    for group in held:
        persons.open_group(account, group)
    span.rest()
    standing = persons.refusals.standing(account)
    persons.take_back(account, standing[:-_LEFT_REFUSED])


def _refuse(world: World, span: Span) -> Proof:
    """Suppress numbers while their messages wait, and take some back."""
    persons, account = world.persons, span.chance.choice(ACCOUNTS)
    refused: list[Refusal] = []
    with _held(world, span, account) as numbers:
        for i, (kind, scope) in enumerate(_WAYS):
            if part := numbers[i :: len(_WAYS)]:
                refused += persons.suppress(account, part, kind, *(("--scope", scope) if scope else ()))
        persons.take_back(account, refused[:: len(_WAYS)])
    return Proof(len(refused), f"{len(refused)} numbers of {account} refused while their messages waited")


def _kill_hearer(world: World) -> None:
    for child in world.hearers.receipts:
        child.send(signal.SIGKILL)


def _refuse_by_push(world: World, span: Span) -> Proof:
    """Push refusals while what takes them is killed and their messages wait; some are taken back."""
    pushes, account = Pushes(world), span.chance.choice(ACCOUNTS)
    refused: list[Refusal] = []
    with _held(world, span, account) as numbers:
        for i in range(0, len(numbers), _NUMBERS_A_PUSH):
            kind, scope = _WAYS[i // _NUMBERS_A_PUSH % len(_WAYS)]
            if span.chance.random() < _KILLED:
                threading.Timer(span.chance.uniform(0.0, _ANSWERS_IN_S), _kill_hearer, (world,)).start()
            pushed = pushes.refuse(account, numbers[i : i + _NUMBERS_A_PUSH], kind, scope)
            if i // _NUMBERS_A_PUSH % _EVERY_TAKEN_BACK == 0:
                pushes.take_back(account, pushed[:1], kind, scope)
            refused += pushed
    words = (
        f"{len(refused)} numbers of {account} refused by push, {pushes.unanswered} tries without an answer"
    )
    return Proof(len(refused), words)


LAW_FAULTS = (
    Fault(
        "night_by_person",
        "quiet hours set while every kind of try waits, and taken back",
        _night_by_person,
        "hours policies reset_after http_503 bad_item",
        (8.0, 12.0),
        need=Need.DAY,
    ),
    Fault(
        "night_by_clock",
        "quiet hours that begin by the clock while every kind of try waits",
        _night_by_clock,
        "hours policies reset_after http_503 bad_item",
        (40.0, 70.0),
        need=Need.DAY,
        short=False,
    ),
    Fault(
        "morning_by_clock",
        "quiet hours that end by the clock",
        _morning_by_clock,
        "hours policies reset_after http_503 bad_item",
        (40.0, 70.0),
        need=Need.DAY,
        short=False,
    ),
    Fault(
        "refused_waiting",
        "numbers suppressed, and some taken back, between submit and take",
        _refuse,
        "groups hours",
        (8.0, 12.0),
        need=Need.DAY,
    ),
    Fault(
        "refused_by_push",
        "refusals pushed by a provider, between submit and take, to a server that is killed",
        _refuse_by_push,
        "groups hours receipts",
        (8.0, 12.0),
        need=Need.DAY,
    ),
)
