"""The way from the gateway's name to a connection: slow name servers, addresses that take none."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Proof
from tests.chaos.fleet_faults import odd_worker, sent_batches
from tests.chaos.looked_up import GOOD, looked_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.fault import Span
    from tests.chaos.world import World

SLOW_S = 5.0
"""The C library's own patience with the first of two name servers."""
DEAD = ("127.0.0.2", "127.0.0.3")
"""Addresses that let a connection wait without a word."""
_SENDS_WITHIN_S = 30.0
_LOOK_S = 0.2


@contextmanager
def dead_address(address: str, port: int) -> Iterator[None]:
    """Drop what wants to connect there: a listener that takes nobody, and is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.0)
            with suppress(BlockingIOError):
                waiting.connect((address, port))
        yield


def _new_worker(world: World, span: Span, what: str) -> Proof:
    """Let a new worker find the gateway: the others remember where it is."""
    before = looked_up(world.names_file)
    with odd_worker(world, span, {}) as odd:
        span.rest()
        for _ in range(round(_SENDS_WITHIN_S / _LOOK_S)):
            if sent_batches(odd):
                break
            span.wait(_LOOK_S)
        sent = sent_batches(odd)
    if not sent:
        raise TimeoutError(f"{odd.name} has sent nothing: {what}")
    n = looked_up(world.names_file) - before
    return Proof(n, f"{what}: {n} look-ups; {odd.name} logged {sent} times what it sent")


def _slow(world: World, span: Span) -> Proof:
    world.set_names(delay_s=SLOW_S)
    try:
        return _new_worker(world, span, f"look-ups took {SLOW_S:g} s")
    finally:
        world.set_names()


def _dead(world: World, span: Span) -> Proof:
    with ExitStack() as stack:
        for address in DEAD:
            stack.enter_context(dead_address(address, world.liars.gateway_port))
        world.set_names(addresses=(*DEAD, GOOD))
        stack.callback(world.set_names)
        return _new_worker(world, span, f"{len(DEAD)} dead addresses before a good one")


NAME_FAULTS = (
    Fault(
        "names_slow",
        "look-ups of the gateway's host of 5 s",
        _slow,
        "stop workers names",
        (12.0, 16.0),
        short=False,
    ),
    Fault(
        "names_dead",
        "two dead addresses of the gateway before a good one",
        _dead,
        "stop workers names",
        (12.0, 16.0),
        short=False,
    ),
)
