"""RCS messages that reach nobody, for one cause and for two at once."""

from __future__ import annotations

import signal
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from redis import Redis

from tests.chaos.fault import Fault, Proof
from tests.chaos.load import ACCOUNTS, FALLBACK_AFTER_S, LANES

if TYPE_CHECKING:
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_RATHER_S = 1.5
_BOTH = ("contradict", "receipt_when_due")


def _cause(world: World, span: Span) -> Proof:
    """Let items be refused, and receipts come just when fallbacks without one go."""
    before = _made(world)
    world.gateway.set("bad_item", share=0.5, seconds=span.seconds)
    world.gateway.set("reset_after", share=0.2, seconds=span.seconds)
    for child in world.hearers.receipts:
        child.send(signal.SIGSTOP)
    span.wait(FALLBACK_AFTER_S + span.chance.uniform(-_RATHER_S, _RATHER_S))
    world.hearers.mend()
    span.rest()
    made = _made(world) - before
    return Proof(made, f"{made} fallbacks sent")


def _both_causes(world: World, span: Span) -> Proof:
    """Let items be refused while receipts say the same of them, and receipts come when fallbacks are due."""
    before, struck = _made(world), Counter(world.gateway.stats()["faults"])
    for kind in _BOTH:
        world.gateway.set(kind, share=0.4, seconds=span.seconds)
    span.rest()
    after = Counter(world.gateway.stats()["faults"]) - struck
    # What became due meanwhile goes by then.
    span.wait(FALLBACK_AFTER_S + _RATHER_S)
    made = _made(world) - before
    words = ", ".join(f"{after[kind]} × {kind}" for kind in _BOTH)
    return Proof(min(made, sum(after[kind] for kind in _BOTH)), f"{words}, {made} fallbacks sent")


def _made(world: World) -> int:
    found = 0
    for account in ACCOUNTS:
        for lane in LANES:
            if lane.variant is not None and lane.account == account:
                name = world.key(account, f"{lane.name}:counts")
                value = world.valkey.patiently(partial(Redis.hget, name=name, key="fallbacks"))
                found += int(value or 0)
    return found


FALLBACK_FAULTS = (
    Fault(
        "fallback_causes",
        "RCS refused, and receipts that come when fallbacks without one go",
        _cause,
        "receipts bad_item reset_after",
        (13.0, 17.0),
        short=False,
    ),
    Fault(
        "fallback_both_causes",
        "RCS refused beside a receipt that says undelivered, and receipts just when fallbacks are due",
        _both_causes,
        "receipts bad_item",
        short=False,
    ),
)
