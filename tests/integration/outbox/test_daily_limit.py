"""The policy daily_limit: what is above waits for midnight, fails nothing and costs nobody an attempt."""

from __future__ import annotations

import pytest

from plexsend.outbox.batches import Outcome, Settlement
from plexsend.outbox.lanes import Lane
from plexsend.outbox.policies.changes import put
from plexsend.outbox.policies.where import Where
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.days import limited_day, limited_days
from tests.integration.outbox.bench import BULK, SHUT, STANDARD, Bench, accepted, back, keys_of, verdicts

GROUP = Lane("mms-bulk", None, "main", "spring")
DAY_MS = 86_400_000


def limit(bench: Bench, most: int, **more: object) -> None:
    """Limit mms-bulk to so many messages a day."""
    put(bench.store, Where("mms-bulk"), {"daily_limit": most}, by="me", reason="as agreed")
    if more:
        put(bench.store, Where(None, "main"), more, by="me", reason="ours")


def to_midnight_ms(bench: Bench) -> int:
    """Return how long it is until the day ends."""
    day = limited_day(bench.store, "main", "mms-bulk")
    assert day is not None
    return day.goes_on_ms - queries.server_ms(bench.store)


def test_what_is_above_waits_for_midnight(bench: Bench) -> None:
    bench.submit(30)
    limit(bench, 15)
    assert [len(keys) for keys in bench.drain_all()] == [10, 5]
    rest = bench.rest("p1.9")
    assert rest.reason == "daily limit"
    # Nobody is rung for meanwhile, and nothing that waits fails.
    bench.let_pass(10_000, steadily=False)
    assert bench.bells() == []
    assert bench.counts()["s:waiting"] == 15
    bench.let_pass(to_midnight_ms(bench), steadily=False)
    assert bench.bells()
    assert [len(keys) for keys in bench.drain_all(drain="p1.2")] == [10, 5]
    assert {bench.record(key).attempts for key in keys_of(30)} == {0}


def test_limit_is_of_all_lanes_of_its_service(bench: Bench) -> None:
    for lane in (BULK, GROUP, STANDARD):
        bench.submit(keys_of(10, lane.name), lane)
    limit(bench, 15)
    assert len(bench.take("p1.1").messages) == 10
    assert len(bench.take("p1.2", lane=GROUP).messages) == 5
    assert bench.rest("p1.3", lane=GROUP).reason == "daily limit"
    assert len(bench.take("p1.4", lane=STANDARD).messages) == 10


def test_what_came_back_unsent_counts_no_more(bench: Bench) -> None:
    bench.submit(30)
    limit(bench, 10)
    batch = bench.take("p1.1")
    bench.stop("p1.1", back(batch, SHUT))
    assert taken(bench) == 0
    bench.let_pass(70_000, steadily=False)
    probe = bench.take("p1.2")
    never_posted = Settlement(probe.token, probe.take, back(probe).verdicts, (), probe.taken_ms)
    assert taken(bench) == len(probe.messages)
    bench.stop("p1.2", never_posted)
    assert taken(bench) == 0


def test_what_comes_back_after_midnight_makes_the_new_day_no_longer(bench: Bench) -> None:
    bench.submit(60)
    limit(bench, 15)
    batch = bench.take("p1.1")
    bench.let_pass(to_midnight_ms(bench), steadily=False)
    bench.take("p1.2")
    bench.stop("p1.1", back(batch))
    assert taken(bench) == 10


def test_what_may_have_been_sent_counts(bench: Bench) -> None:
    bench.submit(10)
    limit(bench, 15)
    bench.stop("p1.1", verdicts(bench.take("p1.1"), Outcome.RETRY, delay_ms=1_000))
    assert taken(bench) == 10


def test_raised_limit_holds_at_once(bench: Bench) -> None:
    bench.submit(30)
    limit(bench, 10)
    bench.drain_all()
    limit(bench, 25)
    bench.let_pass(5_001, steadily=False)
    assert bench.bells()
    assert [len(keys) for keys in bench.drain_all(drain="p1.2")] == [10, 5]


def test_clock_set_back_gives_no_second_day(bench: Bench) -> None:
    bench.submit(30)
    limit(bench, 10)
    bench.drain_all()
    bench.let_pass(-2 * DAY_MS, steadily=False, records=False)
    assert bench.rest("p1.2").reason == "daily limit"
    bench.let_pass(to_midnight_ms(bench), steadily=False, records=False)
    assert bench.take("p1.3")


def test_list_of_midnights_that_nobody_renewed_goes_on_in_days(bench: Bench) -> None:
    bench.submit(30)
    limit(bench, 10)
    now_ms = queries.server_ms(bench.store)
    field = bench.store.keys.in_force("main")
    bench.store.client.hset(field, "midnights", f"{now_ms - 40 * DAY_MS + 3_600_000}")
    bench.drain_all()
    day = limited_day(bench.store, "main", "mms-bulk")
    assert day is not None
    assert day.goes_on_ms == pytest.approx(now_ms + 3_600_000, abs=5_000)


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Seoul", 15), ("UTC", 0)])
def test_day_ends_at_midnight_of_the_time_zone(bench: Bench, zone: str, hour: int) -> None:
    bench.submit(10)
    limit(bench, 5, time_zone=zone)
    bench.take("p1.1")
    day = limited_day(bench.store, "main", "mms-bulk")
    assert day is not None
    assert day.goes_on_ms % DAY_MS == hour * 3_600_000


def test_day_is_told_in_words(bench: Bench) -> None:
    bench.submit(20)
    assert limited_days(bench.store, "main") == ()
    limit(bench, 12, time_zone="UTC")
    bench.stop("p1.1", accepted(bench.take("p1.1")))
    [day] = limited_days(bench.store, "main")
    assert (day.taken, day.is_nearly_over, day.is_over) == (10, True, False)
    bench.take("p1.2")
    [day] = limited_days(bench.store, "main")
    assert day.is_over
    assert str(day).startswith("limited today: 12 of 12, goes on at 20")
    assert str(day).endswith(" 00:00:00 UTC")


def taken(bench: Bench) -> int:
    """Return how many count today."""
    day = limited_day(bench.store, "main", "mms-bulk")
    assert day is not None
    return day.taken
