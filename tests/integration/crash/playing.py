"""Plays one case: a process acts and is stopped, another goes on, and the promises are checked."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plexsend.outbox.reading.audit import audit
from plexsend.outbox.records import read_record
from plexsend.outbox.redis.scripts import Script, source
from tests.integration.crash.gateway import Gateway
from tests.integration.crash.nursery import Order
from tests.integration.crash.oracle import broken_promises
from tests.integration.crash.scenarios import SCENARIOS
from tests.integration.crash.stage import make_stage

if TYPE_CHECKING:
    from pathlib import Path

    from plexsend.outbox.redis.store import Store
    from tests.integration.crash.nursery import Nursery
    from tests.integration.crash.scenario import Scenario
    from tests.integration.crash.stage import Stage

# Longer than leases and doorbells last.
_AFTERWARDS_S = 24
_UNREAD = re.compile(r"request-(\d+)-body-after")


@dataclass(frozen=True)
class Place:
    """Where a case is played."""

    nursery: Nursery
    store: Store
    redis_url: str
    folder: Path
    """For the files of this case alone."""


@dataclass(frozen=True)
class Played:
    """What came of a case."""

    reached: tuple[str, ...]
    """The boundaries that the process came to, if it was not stopped."""
    broken: list[str]
    """Promises that are broken; nothing where all is well."""


def play(place: Place, name: str, stop_at: str = "", *, lose: bool = False) -> Played:
    """Play a scenario with a process that stops at a boundary; empty: that does not stop.

    With `lose` only the call to Redis is lost there, and the process lives on.
    """
    store = place.store
    scenario = SCENARIOS[name]

    def is_told(key: str) -> bool:
        record = read_record(store, scenario.account, key)
        return record is not None and record.may_have_been_sent

    gateway = Gateway(scenario.answers, is_told)
    stage = make_stage(store, store, gateway.url, place.folder, scenario.settings)
    try:
        _load_scripts(store)
        scenario.prepare(stage)
        stage.close()
        gateway.hold_before = len(gateway.requests) + _held_request(stop_at)
        order = Order(name, place.redis_url, store.keys.prefix, gateway.url, str(place.folder), stop_at, lose)
        end = place.nursery.play(order)
        gateway.go_on()
        broken = [end.failure] if end.failure else []
        if stop_at and not end.killed and stop_at not in end.reached * lose:
            broken.append(f"the process never came to {stop_at}")
        broken = broken or _go_on(scenario, stage, gateway)
        if not stop_at:
            broken += _sent_too_often(scenario, gateway)
        return Played(end.reached, broken)
    finally:
        stage.close()
        gateway.close()


def _load_scripts(store: Store) -> None:
    """Let the server know all scripts, as one does that runs: a scenario may have it forget them."""
    scripts = [store.client.register_script(source(script)) for script in Script]
    known = store.client.script_exists(*(script.sha for script in scripts))
    for script, is_known in zip(scripts, known, strict=True):
        if not is_known:
            store.client.script_load(script.script)


def _held_request(stop_at: str) -> int:
    """Return which request is not read before its sender is gone; without one, a number never reached."""
    found = _UNREAD.fullmatch(stop_at)
    return int(found[1]) if found else sys.maxsize


def _sent_too_often(scenario: Scenario, gateway: Gateway) -> list[str]:
    return [
        f"{key} was sent {times} times by a process that nothing stopped"
        for key, times in gateway.accepted.items()
        if times > scenario.most_sent
    ]


def _go_on(scenario: Scenario, stage: Stage, gateway: Gateway) -> list[str]:
    # The books agree at any moment, not only in the end.
    broken = [f"audit where it stopped: {found}" for found in audit(stage.plain).discrepancies]
    dead_told = stage.told_by_the_dead()
    lost = [key for key in dead_told if read_record(stage.plain, scenario.account, key) is None]
    stage.told.update(dead_told)
    scenario.again(stage)
    in_time = stage.go_on(lambda: not stage.is_undecided(), within_s=scenario.within_s, tend=scenario.tend)
    # Whatever would still come, comes now.
    until_s = stage.worker.passed_s + _AFTERWARDS_S
    stage.go_on(lambda: stage.worker.passed_s > until_s, within_s=2 * _AFTERWARDS_S, tend=scenario.tend)
    broken += [f"{key} was told, and is not there" for key in lost]
    if not in_time:
        broken.append(f"undecided after {scenario.within_s} s")
    return broken + broken_promises(scenario, stage, gateway)
