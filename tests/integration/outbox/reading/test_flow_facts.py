"""The figures of `plexsend why` are those of Redis."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plexsend.outbox import steer
from plexsend.outbox.fleet import Announcement, alive, announce
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.in_force import Agreed, PersonsValue
from plexsend.outbox.policies.state import read
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.flow import Flow, PartFacts, judge_all
from plexsend.outbox.reading.flow_facts import gather
from plexsend.settings import Policy
from tests.integration.outbox.bench import Bench, accepted

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

AGREED = Agreed(asked={("mms-bulk", "rate_per_s"): "50", ("mms-bulk", "connections"): "4"})
SHOP = Lane("mms-finance", None, "shop")


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store)


def look(store: Store, *, between: Any = lambda: None, **options: Any) -> dict[tuple[str, str], PartFacts]:
    def sleep(_: float) -> None:
        between()

    found = gather(store, AGREED, sleep=sleep, **options)
    return {(part.service, part.account): part for part in found}


def test_an_empty_outbox_has_no_parts(store: Store) -> None:
    assert look(store) == {}


def test_what_waits_is_counted_with_its_limits(store: Store, bench: Bench) -> None:
    bench.submit(23)
    part = look(store)["mms-bulk", "main"]
    assert (part.waiting, part.scheduled, part.sending, part.held) == (23, 0, 0, 0)
    assert (part.rate_per_s, part.most_drains, part.processes) == (50, 4, 0)
    assert part.oldest_s is not None
    assert judge_all([part]).flow is Flow.UNSERVED


def test_the_pace_is_what_went_out_between_two_looks(store: Store, bench: Bench) -> None:
    bench.submit(25)
    bench.sweep()
    part = look(store, between=bench.drain_all)["mms-bulk", "main"]
    assert part.sent_per_s > 0
    assert part.requests_per_s == pytest.approx(part.sent_per_s * 3 / 25)


def test_slow_requests_are_watched_for_longer_and_others_are_not(store: Store, bench: Bench) -> None:
    bench.submit(25)
    looks: list[float] = []
    gather(store, AGREED, sleep=looks.append)
    assert len(looks) == 1, "nothing is under way"
    bench.take()
    gather(store, AGREED, sleep=looks.append)
    assert len(looks) == 5


def test_holds_count_what_waits_under_them(store: Store, bench: Bench) -> None:
    bench.submit(3)
    steer.pause(store, Scope.ACCOUNT, "main", account="main", by="kim", why="month end")
    steer.pause(store, Scope.SERVICE, "mms-bulk", account=None, by="lee", why="prices")
    part = look(store)["mms-bulk", "main"]
    assert [hold.field for hold in part.holds] == ["account pause main", "service pause mms-bulk"]
    assert part.held == 3
    assert judge_all([part]).flow is Flow.HELD


def test_only_wanted_lanes_count(store: Store, bench: Bench) -> None:
    bench.submit(3)
    assert look(store, wanted=lambda lane: lane == SHOP) == {}


def join(store: Store, name: str, *, busy: int = 0, **changed: Any) -> None:
    """Add a process to the fleet."""
    announced = Announcement("web1", 7, "0.3.0", 2, 1, ("mms-bulk",), 16, secrets={"main": "aa"})
    announce(store, name, replace(announced, **changed))
    alive(store, name, busy=busy)


def test_a_living_worker_is_counted_with_its_threads(store: Store, bench: Bench) -> None:
    bench.submit(3)
    join(store, "p1", busy=4)
    part = look(store)["mms-bulk", "main"]
    assert (part.processes, part.threads, part.busy) == (1, 16, 4)
    assert judge_all([replace(part, oldest_s=60)]).flow is Flow.STALLED


def test_a_worker_without_the_secret_does_not_serve_and_is_named(store: Store, bench: Bench) -> None:
    bench.submit(3)
    join(store, "p1", secrets={"shop": "bb"})
    part = look(store)["mms-bulk", "main"]
    assert part.processes == 0
    assert "web1 pid 7 has no secret for main" in part.unserved_because


def test_a_worker_with_a_secret_that_was_refused_does_not_serve(store: Store, bench: Bench) -> None:
    bench.submit(3)
    join(store, "p1")
    store.client.hset(store.keys.refused("main"), "aa", 1)
    part = look(store)["mms-bulk", "main"]
    assert "web1 pid 7 has a secret that the gateway refuses" in part.unserved_because


def test_a_limit_of_the_day_is_read_with_what_was_sent_until_midnight(store: Store, bench: Bench) -> None:
    bench.submit(3)
    join(store, "p1")
    limited = Agreed(set_values={(Where("mms-bulk"), "daily_limit"): PersonsValue("1000", "kim", "new", 1)})
    key, midnight = store.keys.day("main", "mms-bulk"), queries.server_ms(store) + 60_000
    store.client.set(key, f"{midnight} 1000")
    (part,) = gather(store, limited, sleep=lambda _: None)
    assert (part.day_limit, part.sent_today) == (1_000, 1_000)
    assert judge_all([part]).flow is Flow.LIMITED
    # Yesterday's count.
    store.client.set(key, f"{midnight - 120_000} 1000")
    assert gather(store, limited, sleep=lambda _: None)[0].sent_today == 0


def test_a_low_rate_is_said_between_two_batches_too(store: Store, bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0.5, linger_ms=0)
    bench.submit(60)
    join(store, "p1")
    for i in range(2):
        bench.stop(f"p1.{i}", settlement=accepted(bench.take(f"p1.{i}")))
    rest = bench.rest("p1.2")
    (part,) = gather(store, read(store), sleep=lambda _: None)
    assert part.next_s == pytest.approx(rest.wait_ms / 1000, abs=0.5)
    assert judge_all([replace(part, oldest_s=60)]).flow is Flow.LIMITED


def test_what_the_scripts_counted_today_is_what_is_read(store: Store, bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0)
    put(store, Where("mms-bulk"), {"daily_limit": 20}, by="kim", reason="new")
    bench.submit(30)
    bench.drain_all()
    join(store, "p1")
    (part,) = gather(store, read(store), sleep=lambda _: None)
    assert (part.day_limit, part.sent_today) == (20, 20)
    assert judge_all([replace(part, oldest_s=60)]).flow is Flow.LIMITED
