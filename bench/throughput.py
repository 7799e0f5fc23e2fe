"""Pace: how fast messages come to the gateway between 5 and 95 % of a run, and what each program spends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.clock import TooLate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.gateway import Arrival, Gateway
    from bench.programs import Measured

FIRST, LAST = 0.05, 0.95
"""The part of a run that counts: the start and the end do not belong to the pace."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a look at the run showed: how many messages had come, and each program's processor time so far."""

    at_s: float
    messages: int
    cpu_s: Mapping[str, float]


def watch(
    gateway: Gateway,
    messages: int,
    programs: Mapping[str, Measured],
    *,
    within_s: float,
    every_s: float = 0.05,
) -> list[Sample]:
    """Watch a run until this many messages have come. TooLate, or ChildFailed for one that ended."""
    samples = []
    until_s = time.monotonic() + within_s
    while True:
        total = gateway.total()
        cpu_s = {name: program.cpu_s() for name, program in programs.items()}
        samples.append(Sample(time.monotonic(), total, cpu_s))
        if total >= messages:
            return samples
        if time.monotonic() > until_s:
            raise TooLate(f"{total} of {messages} messages came within {within_s:g} s")
        for program in programs.values():
            program.check()
        time.sleep(every_s)


def pace(arrivals: Sequence[Arrival], messages: int) -> float:
    """Return messages a second from 5 to 95 % of those that came."""
    came, first, last = 0, None, None
    before = counted = 0
    for arrival in arrivals:
        came += arrival.messages
        if first is None and came >= FIRST * messages:
            first, before = arrival.at_s, came
        if came <= LAST * messages:
            last, counted = arrival.at_s, came
    if first is None or last is None or last <= first:
        raise ValueError(f"{came} of {messages} messages came: too few for a pace")
    return (counted - before) / (last - first)


def cost_us(samples: Sequence[Sample], messages: int, program: str) -> float:
    """Return a program's processor time for each message from 5 to 95 % of the run, in µs."""
    first = next(sample for sample in samples if sample.messages >= FIRST * messages)
    last = next(sample for sample in samples if sample.messages >= LAST * messages)
    # A run that is over between two looks is taken as a whole.
    if last.messages <= first.messages:
        first, last = samples[0], samples[-1]
    return (last.cpu_s[program] - first.cpu_s[program]) / (last.messages - first.messages) * 1e6


def run(
    gateway: Gateway,
    messages: int,
    programs: Callable[[], Mapping[str, Measured]],
    *,
    within_s: float = 120,
) -> dict[str, float]:
    """Start programs, of which `sender` sends the messages, and return pace and cost; `sender` ends."""
    started = programs()
    try:
        samples = watch(gateway, messages, started, within_s=within_s)
        shown = {f"{name}_us": cost_us(samples, messages, name) for name in started}
        return {"per_s": pace(gateway.arrivals(), messages), **shown}
    finally:
        started["sender"].end()
