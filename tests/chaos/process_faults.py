"""Processes that are killed, ended, doubled, or that live in another time."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Need, Proof, faketime_library
from tests.chaos.importing import import_killed
from tests.chaos.world import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.child import Wanted
    from tests.chaos.fault import Span
    from tests.chaos.world import World

_SLOW_S = 0.4
_SLOW_SHARE = 0.5
_HOUR_S = 3600
_NEAR_S = 900
_SHIFTED = ROOT / "tests/chaos/shifted"


def send_often(
    children: Callable[[World], list[Wanted]], number: signal.Signals
) -> Callable[[World, Span], Proof]:
    """Return what sends a signal to one of these processes, again and again."""

    def run(world: World, span: Span) -> Proof:
        hits = 0
        while not span.over:
            span.wait(span.chance.uniform(0.3, 3.0))
            living = [child for child in children(world) if child.is_running]
            if living and not span.over:
                hits += span.chance.choice(living).send(number)
        return Proof(hits, f"{hits} × {number.name}")

    return run


# Requests take time meanwhile, so that what is killed has some under way.
def _send_to_workers(number: signal.Signals) -> Callable[[World, Span], Proof]:
    send = send_often(lambda world: world.workers, number)

    def run(world: World, span: Span) -> Proof:
        world.gateway.set("slow_start", share=_SLOW_SHARE, delay_s=_SLOW_S, seconds=span.seconds)
        return send(world, span)

    return run


def _kill_valkey(world: World, span: Span) -> Proof:
    before = world.valkey.child.lives
    while not span.over:
        span.wait(span.chance.uniform(0.5, 4.0))
        world.valkey.kill()
        span.wait(span.chance.uniform(0.2, 1.0))
        world.valkey.wait_ready()
    lives = world.valkey.child.lives - before
    return Proof(lives, f"killed and started again {lives} times")


def _two_beats(world: World, span: Span) -> Proof:
    second = world.add_beat()
    world.wait_loading(second, "beat: Starting")
    span.rest()
    both = sum(beat.is_running for beat in world.beats)
    world.drop_beat(second)
    return Proof(int(both > 1), f"{both} beats at once")


def _clock(shift_s: int) -> Callable[[World, Span], Proof]:
    def run(world: World, span: Span) -> Proof:
        library = faketime_library()
        old = span.chance.choice(world.workers)
        odd = world.add_worker(
            LD_PRELOAD=str(library),
            FAKETIME=f"{shift_s:+d}s",
            # Waits and deadlines run on a clock that no host sets.
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            PYTHONPATH=f"{_SHIFTED}{os.pathsep}{ROOT}",
        )
        world.drop_worker(old)
        world.wait_loading(odd, " ready.")
        span.rest()
        sent = _sent_at(odd, shift_s)
        world.add_worker()
        world.drop_worker(odd)
        return Proof(sent, f"{odd.name} sent {sent} batches with a clock off by {shift_s:+d} s")

    return run


def _sent_at(child: Wanted, shift_s: int) -> int:
    """Count the batches that a worker says to have sent at about that distance from now."""
    found = 0
    for line in child.log.read_text("utf-8", "replace").splitlines():
        if "batches sent" in line or "batch not sent whole" in line:
            told = datetime.strptime(line[1:20], "%Y-%m-%d %H:%M:%S").astimezone()
            found += abs((told - datetime.now().astimezone()).total_seconds() - shift_s) < _NEAR_S
    return found


PROCESS_FAULTS = (
    Fault("worker_kill", "SIGKILL of workers", _send_to_workers(signal.SIGKILL), "workers"),
    Fault("worker_term", "SIGTERM of workers", _send_to_workers(signal.SIGTERM), "workers"),
    Fault("beat_kill", "SIGKILL of beat", send_often(lambda w: w.beats, signal.SIGKILL), "beats"),
    Fault(
        "app_kill",
        "SIGKILL of applications in the middle of a submit",
        send_often(lambda w: w.applications, signal.SIGKILL),
        "applications",
    ),
    Fault("two_beats", "a second beat", _two_beats, "beats", (6.0, 9.0)),
    Fault(
        "valkey_kill", "SIGKILL of Valkey, started again from its file", _kill_valkey, "server", blurs=True
    ),
    Fault(
        "clock_ahead",
        "a worker whose host is an hour ahead",
        _clock(_HOUR_S),
        "stop workers",
        (14.0, 18.0),
        need=Need.FAKETIME,
        short=False,
    ),
    Fault(
        "clock_behind",
        "a worker whose host is an hour behind",
        _clock(-_HOUR_S),
        "stop workers",
        (14.0, 18.0),
        need=Need.FAKETIME,
        short=False,
    ),
    Fault(
        "import_kill",
        "SIGKILL of `plexsend import` part-way, then run again",
        import_killed,
        "import",
        (8.0, 14.0),
    ),
)
