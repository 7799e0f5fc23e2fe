"""The walk over all lanes and closed groups once an hour: what was lost about one is put right."""

from __future__ import annotations

import pytest

from plexsend.errors import GroupClosed
from plexsend.outbox import groups
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.walk import END, MOST_NAMED, NO_STEP, WalkStep, read_page
from plexsend.worker.lane_walk import LaneWalk
from tests.integration.outbox.bench import BULK, P2, Bench, accepted, keys_of

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
SPRING = Lane("mms-bulk", None, "main", "spring")


def pages(bench: Bench) -> list[str]:
    """Return everything that a walk names."""
    names, place = list[str](), ""
    while place != END:
        page = read_page(bench.store, "main", place)
        names += page.names
        place = page.next_place
    return names


def walk(bench: Bench, walker: LaneWalk, rounds: int = 50) -> list[str]:
    """Sweep with the steps of a walk until none is due; returns what was named."""
    names = list[str]()
    for _ in range(rounds):
        step = walker.step("main")
        place = bench.sweep(quota=0, walk=step).place
        walker.taken("main", step, place)
        names += step.names
        if not place:
            return names
    return names


def test_walk_finds_every_lane_in_the_index_or_not(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    bench.submit(["b"], Lane("rcs-mms-bulk", "RMM", "main", "spring~2"))
    bench.store.client.hdel(bench.store.keys.lane_index("main"), SPRING.name)
    index_alone = Lane("mms-bulk", None, "main", "nothing-left")
    bench.store.client.hset(bench.store.keys.lane_index("main"), index_alone.name, "77")
    groups.close(bench.store, "main", "over", by="anna", why="x")
    found = set(pages(bench))
    assert found == {SPRING.name, "rcs-mms-bulk.RMM/spring~2@main", index_alone.name, BULK.name} | {
        "rcs-mms-bulk.RMM@main",
        "over",
    }


def test_walk_begins_after_a_minute_and_is_made_once_an_hour(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    walker = LaneWalk(bench.store)
    assert walk(bench, walker) == []
    bench.let_pass(MINUTE_MS, steadily=False)
    assert SPRING.name in walk(bench, walker)
    bench.let_pass(HOUR_MS - MINUTE_MS, steadily=False)
    assert walk(bench, walker) == []
    bench.let_pass(MINUTE_MS, steadily=False)
    assert SPRING.name in walk(bench, walker)


def test_clock_set_back_does_not_keep_the_walk_away(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    walker = LaneWalk(bench.store)
    walk(bench, walker)
    bench.let_pass(-DAY_MS, steadily=False)
    assert SPRING.name in walk(bench, walker)


def test_another_process_goes_on_from_the_page_that_one_that_died_was_at(bench: Bench) -> None:
    for number in range(3):
        groups.close(bench.store, "main", f"c{number}", by="anna", why="x")
    bench.sweep(quota=0)
    bench.let_pass(MINUTE_MS, steadily=False)
    one, other = LaneWalk(bench.store), LaneWalk(bench.store)
    places = list[str]()
    for _ in range(20):
        step = one.step("main")
        places.append(bench.sweep(quota=0, walk=step).place)
        one.taken("main", step, places[-1])
        if places[-1].startswith("index"):
            break
    assert places[0] == "begin"
    step = other.step("main")
    assert step == NO_STEP
    place = bench.sweep(P2, quota=0, walk=step, takes_from="p1").place
    assert place == places[-1]
    other.taken("main", step, place)
    rest = list[str]()
    while place:
        step = other.step("main")
        place = bench.sweep(P2, quota=0, walk=step).place
        other.taken("main", step, place)
        rest += step.names
    assert rest[-3:] == ["c0", "c1", "c2"]


def test_long_page_is_named_in_parts_and_is_the_place_until_it_is_through(bench: Bench) -> None:
    for number in range(210):
        bench.submit([f"k{number}"], Lane("mms-bulk", None, "main", f"g{number}"))
    bench.sweep(quota=0)
    bench.let_pass(MINUTE_MS, steadily=False, records=False)
    walker, steps = LaneWalk(bench.store), list[WalkStep]()
    for _ in range(60):
        step = walker.step("main")
        place = bench.sweep(quota=0, walk=step).place
        walker.taken("main", step, place)
        steps.append(step)
        if not place:
            break
    assert max(len(step.names) for step in steps) == MOST_NAMED
    assert {name for step in steps for name in step.names} >= {f"mms-bulk/g{n}@main" for n in range(210)}
    assert steps[-1].walked == END


def test_lane_with_messages_but_no_wake_gets_one(bench: Bench) -> None:
    bench.submit(keys_of(10), SPRING)
    bench.submit(keys_of(10, "u"))
    keys = bench.store.keys
    bench.store.client.delete(keys.grouped_wake("main", BULK.name), keys.wake("main"))
    bench.store.client.delete(keys.account("main") + "wake:routes")
    before = bench.members("ready", SPRING), bench.members("ready")
    assert bench.bells() == []
    bench.sweep(quota=0, walk=WalkStep((SPRING.name, BULK.name)))
    assert len(bench.bells()) == 2
    assert (bench.members("ready", SPRING), bench.members("ready")) == before


def test_lane_that_nobody_looks_for_though_its_wake_is_there_is_found(bench: Bench) -> None:
    bench.submit(keys_of(10), SPRING)
    bench.store.client.delete(bench.store.keys.account("main") + "wake:routes")
    assert bench.bells() == []
    bench.sweep(quota=0, walk=WalkStep((SPRING.name,)))
    assert len(bench.bells()) == 1


def test_lane_that_is_not_in_the_index_is_indexed(bench: Bench) -> None:
    bench.submit(["a"], form=1)
    bench.store.client.delete(bench.store.keys.lane_index("main"), bench.store.keys.routes("main"))
    bench.sweep(tidy=[BULK])
    assert bench.store.client.hget(bench.store.keys.lane_index("main"), BULK.name) == b"1"
    assert bench.store.client.smembers(bench.store.keys.routes("main")) == {BULK.name.encode()}


def test_lane_gets_the_number_back_by_which_its_messages_name_it(bench: Bench) -> None:
    other = Lane("mms-bulk", None, "main", "other")
    bench.submit(["first"])
    bench.submit(["o"], other)
    bench.submit(keys_of(3), SPRING)
    index = bench.store.keys.lane_index("main")
    before = bench.store.client.hgetall(index)
    bench.store.client.delete(index)
    bench.sweep(quota=0, tidy=[SPRING, other, BULK])
    assert bench.store.client.hgetall(index) == before
    bench.stop(settlement=accepted(bench.take(lane=SPRING)), lane=SPRING)
    assert bench.record("k00000").lane == SPRING
    assert audit(bench.store).ok


def test_closed_group_is_forgotten_after_the_time_that_records_are_kept(bench: Bench) -> None:
    bench.submit(["a"])
    groups.close(bench.store, "main", "spring", by="anna", why="x")
    bench.let_pass(9 * DAY_MS, steadily=False)
    bench.sweep(keep_ms=10 * DAY_MS, walk=WalkStep(("spring",)))
    assert bench.store.client.hexists(bench.store.keys.closed("main"), "spring")
    bench.let_pass(2 * DAY_MS, steadily=False)
    bench.sweep(walk=WalkStep(("spring",)))
    assert not bench.store.client.exists(bench.store.keys.closed("main"))


def test_closed_group_stays_closed_while_it_has_a_lane_or_is_asked_for(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    groups.cancel(bench.store, "main", "spring", by="anna", why="x")
    groups.cancel(bench.store, "main", "asked", by="anna", why="x")
    bench.let_pass(9 * DAY_MS, steadily=False)
    refused = Lane("mms-bulk", None, "main", "asked")
    for _ in range(2):
        with pytest.raises(GroupClosed):
            bench.submit(["b"], refused)
    bench.let_pass(2 * DAY_MS, steadily=False)
    # Its lane is there still: what ended in it is kept for longer now.
    bench.sweep(keep_ms=12 * DAY_MS, walk=WalkStep(("spring", "asked")))
    bench.sweep(keep_ms=10 * DAY_MS, walk=WalkStep(("asked",)))
    assert bench.store.client.hkeys(bench.store.keys.closed("main")) == [b"spring", b"asked"]
    bench.let_pass(9 * DAY_MS, steadily=False)
    bench.sweep(walk=WalkStep(("spring", "asked")))
    assert not bench.store.client.exists(bench.store.keys.closed("main"))
    assert queries.lanes(bench.store) == [BULK]


def test_closing_that_cannot_be_read_stays(bench: Bench) -> None:
    bench.submit(["a"])
    bench.store.client.hset(bench.store.keys.closed("main"), "spring", "[]")
    bench.let_pass(90 * DAY_MS, steadily=False)
    bench.sweep(keep_ms=DAY_MS, walk=WalkStep(("spring",)))
    assert bench.store.client.hexists(bench.store.keys.closed("main"), "spring")
