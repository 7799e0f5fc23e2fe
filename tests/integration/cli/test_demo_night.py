"""The demo's night over a real outbox: why advertisements wait, and that they go when the demo ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.demo import terms
from plexsend.demo.intake import take_in
from plexsend.demo.night import ADS_LANE, Night
from plexsend.demo.sample_ads import ADS_ROWS, write_ads
from plexsend.demo.standin import StandIn
from plexsend.gateway.environment import read_settings
from plexsend.outbox.policies.state import read_to_show
from plexsend.outbox.reading.queries import server_ms
from plexsend.outbox.reading.quiet import read_quiet
from plexsend.outbox.reading.snapshot import Sight, Watch
from plexsend.producers.producer import Producer
from plexsend.sandbox import Sandbox
from plexsend.stack.environment import with_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plexsend.outbox.redis.store import Store


class Evening:
    """The sample's advertisements, taken in while it is night."""

    def __init__(self, store: Store, sandbox: Sandbox, folder: Path) -> None:
        self.store = store
        self.told: list[str] = []
        settings = read_settings(
            with_sandbox(terms.SETTINGS, redis_url="redis://127.0.0.1/0", sandbox_url=sandbox.url)
        )
        self.night = Night(store, settings, StandIn(sandbox.url), self.told.append)
        self.night.fall()
        file = write_ads(folder)
        found = take_in(Producer(settings, store), file, account=terms.ACCOUNT, on_added=lambda _: None)
        assert found.added == ADS_ROWS
        self.night.begin(file, read_to_show(store))

    def look(self, accepted: int) -> Sight:
        """What is seen once the gateway has accepted so many of another lane."""
        counts = self.store.keys.lane(terms.ACCOUNT, "mms-bulk@main", "counts")
        self.store.client.sadd(self.store.keys.lanes, "mms-bulk@main")
        self.store.client.hset(counts, "s:accepted", accepted)
        sight, _ = Watch(self.store, terms.ACCOUNT).look()
        return sight

    @property
    def is_held(self) -> bool:
        """Whether advertisements wait for the morning."""
        return read_quiet(self.store, terms.ACCOUNT).holds(server_ms(self.store))


@pytest.fixture
def evening(store: Store, tmp_path: Path) -> Iterator[Evening]:
    with Sandbox() as sandbox:
        yield Evening(store, sandbox, tmp_path)


def test_advertisements_wait_and_why_names_the_morning(evening: Evening) -> None:
    (told,) = evening.told
    assert told.startswith("`plexsend why demo-spring-0001`: waits for the morning: advertisements go from ")
    evening.night.go_on(evening.look(terms.MORNING_AFTER - 1))
    assert (evening.is_held, evening.night.seen) == (True, None)


def test_morning_comes_by_progress_and_wakes_the_lane(evening: Evening) -> None:
    store = evening.store
    wakes = store.keys.lane(terms.ACCOUNT, ADS_LANE.route.name, "wake")
    in_an_hour = server_ms(store) + 3_600_000
    store.client.zadd(wakes, {ADS_LANE.name: in_an_hour})
    for _ in range(2):
        evening.night.go_on(evening.look(terms.MORNING_AFTER))

    assert not evening.is_held
    assert (store.client.zscore(wakes, ADS_LANE.name) or in_an_hour) <= server_ms(store)
    seen = evening.night.seen
    assert seen is not None
    assert (seen.waited, seen.early) == (ADS_ROWS, 0)
    (told,) = evening.told[1:]
    assert "lets the morning come: 20 advertisements may go" in told


def test_morning_stays_where_a_worker_writes_the_hours_of_the_policy_again(evening: Evening) -> None:
    evening.night.go_on(evening.look(terms.MORNING_AFTER))
    evening.night.fall()
    assert evening.is_held
    evening.night.go_on(evening.look(terms.MORNING_AFTER))
    assert not evening.is_held
