"""SIGSTOP of a worker for longer than the reclaim time, then SIGCONT: before its POST, and after."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from redis import Redis

from tests.chaos.fault import Fault, Proof
from tests.chaos.load import LANES
from tests.chaos.world import PREFIX, RECLAIM_S

if TYPE_CHECKING:
    from tests.chaos.child import Wanted
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_STOPPED_S = RECLAIM_S + 4.0
_SETTLES_S = 3.0
_REPLY_HELD_S = 0.4
"""How long replies of Redis are held back, so that a process can be stopped while it waits for one.

Not longer: a round of housekeeping that takes seconds counts as a gap, and nothing is reclaimed for a while.
"""
_ANSWER_HELD_S = 1.5
"""The same for answers of the gateway."""
_SEARCH_S = 12.0
_LOOK_S = 0.02
_DRAIN = re.compile(r"drain=([0-9a-f]+)\.")


def _stop_before_post(world: World, span: Span) -> Proof:
    world.proxy.delay(_REPLY_HELD_S * 1000)
    try:
        # Longer than what was posted before takes to be settled.
        span.wait(3 * _REPLY_HELD_S)
        victim = _stop_one_with_messages(world, span)
    finally:
        # The take is done and its reply on the way: the worker cannot read it any more.
        world.proxy.delay(0)
    return _wait_and_go_on(world, span, *victim)


def _stop_after_post(world: World, span: Span) -> Proof:
    world.gateway.set("slow_start", delay_s=_ANSWER_HELD_S, seconds=4 * _ANSWER_HELD_S)
    span.wait(_ANSWER_HELD_S)
    return _wait_and_go_on(world, span, *_stop_one_with_messages(world, span))


# Seen first and stopped then: at an ordinary moment most workers have nothing in hand.
def _stop_one_with_messages(world: World, span: Span) -> tuple[Wanted | None, str, int]:
    until = time.monotonic() + _SEARCH_S
    while time.monotonic() < until:
        named = {name: child for child in world.workers if (name := _process_name(child))}
        for process in _holders(world).keys() & named.keys():
            child = named[process]
            child.send(signal.SIGSTOP)
            held = _holders(world)[process] if _is_stopped(child) else 0
            if held:
                return child, process, held
            child.send(signal.SIGCONT)
        span.wait(_LOOK_S)
    return None, "", 0


def _process_name(child: Wanted) -> str:
    names = _DRAIN.findall(child.log.read_text("utf-8", "replace")) if child.is_running else []
    return str(names[-1]) if names else ""


def _is_stopped(child: Wanted) -> bool:
    for _ in range(50):
        if Path(f"/proc/{child.pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] in "Tt":
            return True
        time.sleep(0.01)
    return False


def _holders(world: World) -> Counter[str]:
    """Return how many messages each worker process has in hand, by the process's own name."""
    found: Counter[str] = Counter()
    for lane in LANES:
        start = f"{PREFIX}{{{lane.account}}}:"
        sending = f"{start}{lane.name}:sending"
        for key in world.valkey.patiently(partial(Redis.zrange, name=sending, start=0, end=-1)):
            record = f"{start}m:{key.decode()}"
            token = world.valkey.patiently(partial(Redis.hget, name=record, key="k")) or b""
            found[token.decode().partition(".")[0]] += 1
    return found


def _wait_and_go_on(world: World, span: Span, child: Wanted | None, process: str, held: int) -> Proof:
    if child is None:
        return Proof(0, "no worker had messages when it was stopped")
    lines = len(_said(child))
    span.wait(_STOPPED_S)
    reclaimed = sum(
        "messages reclaimed" in line and f"token={process}." in line
        for each in world.workers
        for line in _said(each)
    )
    child.send(signal.SIGCONT)
    span.wait(_SETTLES_S)
    said = _said(child)[lines:]
    stale = sum("STALE" in line for line in said)
    words = (
        f"{child.name} stopped {_STOPPED_S:g} s with {held} messages; {reclaimed} batches of it reclaimed, "
        f"{stale} given back unsent"
    )
    return Proof(reclaimed, words)


def _said(child: Wanted) -> list[str]:
    return child.log.read_text("utf-8", "replace").splitlines()


_AGED = (RECLAIM_S + 10.0, RECLAIM_S + 20.0)

STOPPING_FAULTS = (
    Fault(
        "stop_before_post",
        "SIGSTOP of a worker between take and POST for longer than the reclaim time",
        _stop_before_post,
        "stop workers wire server",
        _AGED,
        blurs=True,
        short=False,
    ),
    Fault(
        "stop_after_post",
        "SIGSTOP of a worker after its POST for longer than the reclaim time",
        _stop_after_post,
        "stop workers server",
        _AGED,
        blurs=True,
        short=False,
    ),
)
