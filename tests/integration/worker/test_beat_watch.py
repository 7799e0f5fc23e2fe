"""Where no beat rings, one worker does, and says so once."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox.beat import note_beat
from plexsend.outbox.fleet import FleetProcess
from plexsend.outbox.reading.queries import server_ms
from plexsend.worker.beat_watch import BeatWatch
from tests.integration.cli.test_fleet import WEB1

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store


class Beating:
    """One worker's watch, among a fleet, with a clock of its own."""

    def __init__(self, store: Store, name: str, *feeders: str) -> None:
        fleet = [FleetProcess(each, replace(WEB1, feeds=True), 0) for each in feeders]
        fleet.append(FleetProcess("other", WEB1, 0))
        presence: Any = SimpleNamespace(name=name, living=tuple(fleet))
        runtime: Any = SimpleNamespace(store=store, name=name)
        self.rung = 0
        self.now = 0.0
        self._watch = BeatWatch(runtime, presence, self._ring, lambda: self.now)

    def _ring(self) -> None:
        self.rung += 1

    def look(self, times: int = 1) -> int:
        """Look once a second; return how often it rang in all."""
        for _ in range(times):
            self.now += 1
            self._watch.look()
        return self.rung


@pytest.fixture(autouse=True)
def campaigns(store: Store) -> None:
    store.client.sadd(store.keys.campaigns, "main")


def test_worker_rings_once_a_second_while_no_beat_does_and_says_so_once(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    one = Beating(store, "a", "a")
    one._watch.look()
    assert one.look(0) == 1, "at once"
    one._watch.look()
    assert one.look(0) == 1, "and not twice a second"
    assert one.look(3) == 4
    note_beat(store, "web2")
    assert one.look(3) == 4
    store.client.hset(store.keys.beat, "web2", server_ms(store) - 10_500)
    assert one.look(2) == 6
    said = [line for line in caplog.messages if "beat is away" in line]
    assert len(said) == 2
    assert "web2" in said[1]
    assert sum("rings for campaigns again" in line for line in caplog.messages) == 0
    note_beat(store, "web3")
    one.look()


def test_one_of_the_workers_that_take_tasks_of_campaigns_rings(store: Store) -> None:
    watches = [Beating(store, name, "a", "b", "c") for name in ("a", "b", "c", "other")]
    assert sorted(one.look(2) for one in watches) == [0, 0, 0, 2]
    assert watches[3].rung == 0, "it takes none"


def test_nobody_rings_where_there_are_no_campaigns(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.client.delete(store.keys.campaigns)
    assert Beating(store, "a", "a").look(3) == 0
    assert caplog.messages == []
