"""Batches filled from several lanes of a route, and what the lanes of a route share."""

from __future__ import annotations

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Batch, Effect, EffectKind, Outcome
from plexsend.outbox.holds import Scope
from plexsend.outbox.lanes import Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.states import State
from plexsend.settings import Policy
from tests.integration.outbox.bench import (
    ANSWERED,
    BULK,
    SHUT,
    STANDARD,
    Bench,
    accepted,
    back,
    keys_in,
    keys_of,
    verdicts,
)

GROUPS = [Lane("mms-bulk", None, "main", f"g{number:03}") for number in range(4)]


def small_groups(bench: Bench, n: int, each: int = 3) -> list[Lane]:
    """Return so many groups, each with a few messages that wait."""
    lanes = [Lane("mms-bulk", None, "main", f"g{number:04}") for number in range(n)]
    for lane in lanes:
        bench.submit(keys_of(each, f"{lane.group}-"), lane)
    return lanes


def test_thousand_groups_of_three_leave_in_full_requests(bench: Bench) -> None:
    small_groups(bench, 1_000)
    sizes: list[int] = []
    for round_number in range(100):
        rings = bench.sweep(quota=8).rings
        for number, ring in enumerate(rings):
            drain = f"p1.{round_number}{number}"
            answer = bench.call(drain, lane=ring.lane, bell=ring.bell)
            while isinstance(answer, Batch):
                sizes.append(len(answer.messages))
                answer = bench.call(drain, lane=ring.lane, settlement=accepted(answer))
        if sum(sizes) == 3_000:
            break
    assert sum(sizes) == 3_000
    assert sum(size == 10 for size in sizes) >= 0.95 * len(sizes)
    assert bench.counts(BULK)["batches"] == len(sizes)


def test_each_message_settles_into_its_own_lane(bench: Bench) -> None:
    small_groups(bench, 3)
    batch = bench.take(lane=Lane("mms-bulk", None, "main", "g0000"))
    assert len(batch.messages) == 9
    of = {"g0001-00000": Outcome.REJECTED, "g0002-00000": Outcome.BACK, "g0001-00001": Outcome.PARK}
    lanes = [Lane("mms-bulk", None, "main", f"g{number:04}") for number in range(3)]
    bench.stop(settlement=verdicts(batch, Outcome.ACCEPTED, ANSWERED, of=of, code="c"), lane=lanes[0])
    found = [{name: n for name, n in bench.counts(lane).items() if name[:2] == "s:"} for lane in lanes]
    assert found == [
        {"s:accepted": 3},
        {"s:accepted": 1, "s:rejected": 1, "s:uncertain": 1},
        {"s:accepted": 2, "s:waiting": 1},
    ]
    assert bench.wake_in_ms(lanes[2]) is not None, "what came back wakes its own lane"
    assert audit(bench.store).ok


def test_lost_reply_is_answered_again_with_what_came_from_other_lanes(bench: Bench) -> None:
    lanes = small_groups(bench, 3)
    first = bench.take(lane=lanes[1])
    again = bench.repeat()
    assert isinstance(again, Batch)
    assert [message.msg_key for message in again.messages] == keys_in(first)


def test_lane_that_is_held_or_has_ten_gives_nothing(bench: Bench) -> None:
    lanes = small_groups(bench, 4, each=2)
    bench.submit(keys_of(12, "many"), lanes[3])
    steer.pause(bench.store, Scope.GROUP, "g0001", account="main", by="anna", why="x")
    steer.pause(bench.store, Scope.LANE, lanes[2].name, account="main", by="anna", why="x")
    bench.submit(["ungrouped"])
    bench.submit(["elsewhere"], STANDARD)
    assert keys_in(bench.take(lane=lanes[0])) == ["g0000-00000", "g0000-00001", "ungrouped"]


@pytest.mark.parametrize("part", ["later", "ready", "sending"])
def test_lane_that_another_program_spoilt_is_in_the_way_of_none(bench: Bench, part: str) -> None:
    lanes = small_groups(bench, 3)
    spoilt = bench.store.keys.lane("main", lanes[1].name, part)
    bench.store.client.delete(spoilt)
    bench.store.client.set(spoilt, "something else")
    assert {key.partition("-")[0] for key in keys_in(bench.take(lane=lanes[0]))} == {"g0000", "g0002"}


def test_take_waits_for_the_linger_of_its_own_lane_and_an_empty_one_for_that_of_another(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=1_000)
    lanes = small_groups(bench, 2)
    assert bench.rest(lane=lanes[0]).reason == "linger"
    assert bench.rest("p1.2", lane=Lane("mms-bulk", None, "main", "empty")).reason == "empty"
    bench.let_pass(1_100, steadily=False)
    assert len(keys_in(bench.take("p1.3", lane=Lane("mms-bulk", None, "main", "empty")))) == 6


def test_scheduled_messages_of_other_lanes_that_are_due_fill_up_too(bench: Bench) -> None:
    at = queries.server_ms(bench.store) + 10_000
    for lane in GROUPS[:3]:
        bench.submit(keys_of(3, f"{lane.group}-"), lane, send_at_ms=at)
    bench.let_pass(11_000, steadily=False)
    assert len(keys_in(bench.take(lane=GROUPS[0]))) == 9


def test_one_group_finds_the_outage_for_all(bench: Bench) -> None:
    for lane in GROUPS:
        bench.submit(keys_of(10, f"{lane.group}-"), lane)
    batch = bench.take(lane=GROUPS[0])
    bench.stop(settlement=back(batch, SHUT), lane=GROUPS[0])
    for number, lane in enumerate((*GROUPS, BULK)):
        assert bench.rest(f"p1.{number}", lane=lane).reason == f"lane shut {BULK.name}"
    # Lanes that are held with their route are in nobody's way: one comes back to probe, then all.
    bench.sweep(quota=0)
    held = bench.store.keys.lane("main", BULK.name, "wake:held")
    assert bench.store.client.zcard(held) == len(GROUPS)
    bench.let_pass(1_100, steadily=False)
    (ring,) = bench.sweep().rings
    probe = bench.take("p1.9", lane=ring.lane, bell=ring.bell)
    assert (len(probe.messages), probe.probe) == (1, True)
    bench.stop("p1.9", settlement=accepted(probe), lane=ring.lane)
    bench.sweep()
    assert bench.store.client.zcard(held) == 0


def test_paused_group_is_out_of_sight_and_comes_back_with_its_resume(bench: Bench) -> None:
    bench.submit(keys_of(10), GROUPS[0])
    steer.pause(bench.store, Scope.GROUP, "g000", account="main", by="anna", why="x")
    bench.sweep()
    assert bench.wake_in_ms(GROUPS[0]) is None
    assert bench.store.client.exists(bench.store.keys.lane("main", BULK.name, "wake:held")) == 0
    steer.resume(bench.store, Scope.GROUP, "g000", account="main")
    assert [ring.lane for ring in bench.sweep().rings] == [GROUPS[0]]


def test_attempts_are_told_by_the_takes_of_the_whole_route(bench: Bench) -> None:
    """A group's last poisonous message fails alone, while others of its route are delivered."""
    bench.submit(["poison"], GROUPS[0])
    poison = bench.take(lane=GROUPS[0])
    bench.submit(keys_of(10), GROUPS[1])
    delivered = bench.take("p1.2", lane=GROUPS[1])
    assert delivered.take == poison.take + 1
    bench.stop("p1.2", settlement=accepted(delivered), lane=GROUPS[1])
    bench.stop(settlement=verdicts(poison, Outcome.RETRY, ANSWERED), lane=GROUPS[0])
    assert bench.take("p1.3", lane=GROUPS[0]).ok_take == delivered.take


def test_connections_are_the_routes(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=2)
    for number, lane in enumerate(GROUPS):
        bench.submit(keys_of(10, f"{lane.group}-"), lane)
        answer = bench.call(f"p1.{number}", lane=lane)
        assert isinstance(answer, Batch) == (number < 2)


def test_ungrouped_message_waits_for_no_slice_of_a_group(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, connections=1)
    bench.submit(keys_of(40, "group"), GROUPS[0])
    batch = bench.take(lane=GROUPS[0])
    bench.submit(["single"])
    assert [ring.lane for ring in bench.sweep().rings] == []
    assert bench.rest(lane=GROUPS[0], settlement=accepted(batch)).status == "enough"
    assert [ring.lane for ring in bench.sweep().rings] == [BULK]


@pytest.mark.parametrize("effect", [Effect(EffectKind.SMALLER, 10)])
def test_batches_become_smaller_for_the_route(bench: Bench, effect: Effect) -> None:
    for lane in GROUPS[:2]:
        bench.submit(keys_of(10, f"{lane.group}-"), lane)
    bench.stop(settlement=back(bench.take(lane=GROUPS[0]), effect), lane=GROUPS[0])
    assert len(bench.take("p1.2", lane=GROUPS[1]).messages) == 5
    assert bench.state("g001-00000") == State.SENDING


@pytest.mark.parametrize("part", ["drains", "takes", "wake", "wake:held"])
def test_route_that_another_program_spoilt_keeps_no_other_from_being_served(bench: Bench, part: str) -> None:
    bench.submit(keys_of(10), GROUPS[0])
    other = Lane("mms-standard", None, "main", "other")
    bench.submit(keys_of(10, "other"), other)
    spoilt = bench.store.keys.lane("main", BULK.name, part)
    bench.store.client.delete(spoilt)
    bench.store.client.set(spoilt, "something else")
    swept = bench.sweep()
    assert swept.spoilt == (BULK.name,)
    assert other in [ring.lane for ring in swept.rings]
