"""A copy of the append-only file restored: one that is older than 30 s, and a younger one."""

from __future__ import annotations

import json
import re
import time
from functools import partial
from typing import TYPE_CHECKING

from redis import Redis

from tests.chaos.evidence import Restore
from tests.chaos.fault import Fault, Proof
from tests.chaos.load import ACCOUNTS, LANE_OF_CODE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.fault import Span
    from tests.chaos.world import World

_GATHERS_S = 2.5
_PAUSED_WITHIN_S = 30.0
_SENT_WITHIN_S = 60.0
_HELD_WITHIN_S = 20.0
_OLD_S = 34.0
"""Older than the 30 s up to which a warning is enough."""
_YOUNG_S = (2.0, 12.0)
_SEEN_WITHIN_S = 5.0
"""Within this time processes see what is forgotten: after a second, and some leeway."""
_LOOK_S = 0.2
_LEFT = ("s:scheduled", "s:waiting", "s:sending")
_WARNING = re.compile(r"redis forgot its last moments, messages may go twice.*?\bmessages=(\d+)")


def _restore(world: World, span: Span, *, is_old: bool) -> Proof:
    """Let messages wait, copy the file, let them go, put the copy back.

    Nothing is added between: what is added in the time that is forgotten is lost, and known to be.
    """
    world.gateway.set("refuse", seconds=_GATHERS_S + _PAUSED_WITHIN_S)
    span.wait(_GATHERS_S)
    world.pause_file.touch()
    try:
        _wait_paused(world)
        copied_at = time.time()
        copy = world.valkey.copy()
        world.gateway.clear()
        _wait_sent(world)
        age_s = _OLD_S if is_old else span.chance.uniform(*_YOUNG_S)
        span.wait(copied_at + age_s - time.time())
        logged = {path: path.stat().st_size for path in world.logs()}
        restored_at = time.time()
        world.valkey.restore(copy)
        if is_old:
            as_ = span.chance.choice(("sent", "resend"))
            found = _settle(world, copied_at, restored_at, as_)
            words = f"{found.settled} messages settled as {as_}"
        else:
            span.wait(_SEEN_WITHIN_S)
            held = _held(world)
            _wait_sent(world)
            found = Restore(copied_at, restored_at, is_old=False, held=held, warned=_warned(logged))
            words = f"{found.warned} messages counted in warnings"
        world.restores.append(found)
    finally:
        world.pause_file.unlink(missing_ok=True)
    hits = found.settled if is_old else found.warned
    return Proof(hits, f"a copy restored that was {restored_at - copied_at:.0f} s old; {words}")


def _settle(world: World, copied_at: float, restored_at: float, as_: str) -> Restore:
    until = time.monotonic() + _HELD_WITHIN_S
    while (held := _held(world)) != frozenset(ACCOUNTS) and time.monotonic() < until:
        time.sleep(_LOOK_S)
    # Whatever is held is not sent: that takes a while to show.
    time.sleep(_SEEN_WITHIN_S)
    settled_at = time.time()
    said = world.persons.settle_rewound(as_) or {}
    return Restore(
        copied_at,
        restored_at,
        is_old=True,
        held=held,
        settled_at=settled_at,
        settled_as=as_,
        settled=int(said.get("settled", 0)),
    )


def _held(world: World) -> frozenset[str]:
    found = set()
    for account in ACCOUNTS:
        holds = world.valkey.patiently(partial(Redis.hkeys, name=world.key(account, "holds")))
        if f"account rewound {account}".encode() in holds:
            found.add(account)
    return frozenset(found)


def _wait_paused(world: World) -> None:
    until = time.monotonic() + _PAUSED_WITHIN_S
    ledgers = [path for path in world.ledgers if "application" in path.name]
    while not all(_is_paused(path.read_bytes().splitlines()[-1]) for path in ledgers):
        if time.monotonic() > until:
            raise TimeoutError("an application goes on")
        time.sleep(_LOOK_S)


def _is_paused(line: bytes) -> bool:
    try:
        return "paused" in json.loads(line)
    except ValueError:
        return False


def _wait_sent(world: World) -> None:
    until = time.monotonic() + _SENT_WITHIN_S
    while _count_left(world):
        if time.monotonic() > until:
            raise TimeoutError(f"{_count_left(world)} messages wait still")
        time.sleep(_LOOK_S)


def _count_left(world: World) -> int:
    found = 0
    for lane in LANE_OF_CODE.values():
        name = world.key(lane.account, f"{lane.name}:counts")
        counts = world.valkey.patiently(partial(Redis.hmget, name=name, keys=_LEFT))
        found += sum(int(count or 0) for count in counts)
    return found


def _warned(logged: dict[Path, int]) -> int:
    found = 0
    for path, size in logged.items():
        with path.open("rb") as file:
            file.seek(size)
            text = file.read().decode("utf-8", "replace")
        found += sum(int(match[1]) for match in _WARNING.finditer(text))
    return found


RESTORE_FAULTS = (
    Fault(
        "restore_old",
        "an append-only file restored from a copy that is older than 30 s",
        partial(_restore, is_old=True),
        "server",
        (1.0, 2.0),
        blurs=True,
        short=False,
        alone=True,
    ),
    Fault(
        "restore_young",
        "an append-only file restored from a younger copy",
        partial(_restore, is_old=False),
        "server",
        (1.0, 2.0),
        blurs=True,
        short=False,
        alone=True,
    ),
)
