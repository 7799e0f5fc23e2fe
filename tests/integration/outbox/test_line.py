"""The line before a shared rate: who has had least is next, and nothing of the rate is lost by it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from plexsend.outbox.batches import Batch, Effect, EffectKind, Settlement
from plexsend.outbox.lanes import Lane
from plexsend.outbox.replies import text
from plexsend.settings import Policy
from tests.integration.outbox.bench import (
    BULK,
    FAULT,
    SHUT,
    Bench,
    accepted,
    back,
    keys_of,
    marked_alone,
)
from tests.integration.outbox.slow_gateway import SlowGateway

OTHER = Lane("mms-bulk", "X", "main")
GROUPS = [Lane("mms-bulk", None, "main", f"g{number}") for number in range(4)]
ANSWER_TIMES = (5, 350)


def send_one_by_one(bench: Bench, lane: Lane) -> None:
    """Let a lane's requests have one message each, as after G160."""
    hold = {"since": 0, "until": 10**14, "step": 1, "by": "gateway", "why": "G160", "probe": ""}
    bench.store.client.hset(bench.store.keys.holds(lane.account), f"lane size {lane.name}", json.dumps(hold))


def share_out(bench: Bench, answer_ms: int, *lanes: Lane, for_ms: int = 6_000) -> SlowGateway:
    """Serve lanes that all want the whole rate; nothing of it is left unused."""
    rate = bench.policy.rate_per_s
    for lane in lanes:
        # More than its share, but not all: time passes slowly with many messages.
        bench.submit(keys_of(round(3 * rate * for_ms / 1000 / len(lanes)) + 30, lane.name), lane)
    gateway = SlowGateway(bench, answer_ms)
    gateway.serve(for_ms)
    # The tolerance was granted at once; the first drains of a lane take a moment to come.
    assert gateway.granted(2_000, for_ms) >= 0.95 * rate * (for_ms - 2_000) / 1000 - 10
    return gateway


def arrive(bench: Bench, gateway: SlowGateway, lane: Lane, per_s: int, for_ms: int) -> dict[str, int]:
    """Plan single messages of a lane; returns when each arrives."""
    came_ms = {f"single-{number}": number * 1000 // per_s for number in range(per_s * for_ms // 1000)}
    for key, at_ms in came_ms.items():
        gateway.plan(at_ms, partial(bench.submit, [key], lane))
    return came_ms


def waits_ms(gateway: SlowGateway, came_ms: dict[str, int]) -> list[int]:
    """Return how long each single message waited, shortest first; none still waits."""
    return sorted(gateway.taken_ms[key] - at_ms for key, at_ms in came_ms.items())


@pytest.mark.parametrize("answer_ms", ANSWER_TIMES)
def test_singles_get_as_many_as_tens(bench: Bench, answer_ms: int) -> None:
    bench.policy = Policy(rate_per_s=20, linger_ms=0)
    send_one_by_one(bench, BULK)
    gateway = share_out(bench, answer_ms, BULK, OTHER, for_ms=20_000)
    assert gateway.by_lane[BULK] == pytest.approx(gateway.by_lane[OTHER], rel=0.1)


@pytest.mark.parametrize("answer_ms", ANSWER_TIMES)
def test_tens_share_with_tens(bench: Bench, answer_ms: int) -> None:
    bench.policy = Policy(rate_per_s=100, linger_ms=0)
    gateway = share_out(bench, answer_ms, BULK, OTHER)
    assert gateway.by_lane[BULK] == pytest.approx(gateway.by_lane[OTHER], rel=0.1)


@pytest.mark.parametrize("answer_ms", ANSWER_TIMES)
def test_four_groups_share_evenly(bench: Bench, answer_ms: int) -> None:
    bench.policy = Policy(rate_per_s=100, linger_ms=0)
    gateway = share_out(bench, answer_ms, *GROUPS)
    for lane in GROUPS:
        assert gateway.by_lane[lane] == pytest.approx(sum(gateway.by_lane.values()) / 4, rel=0.1)


def test_groups_get_one_message_of_ten(bench: Bench) -> None:
    """Each group has its share of the tenth: it is one class, however many it holds."""
    bench.policy = Policy(rate_per_s=100, linger_ms=0)
    gateway = share_out(bench, 5, BULK, *GROUPS[:2], for_ms=4_000)
    all_of_them = sum(gateway.by_lane.values())
    assert gateway.by_lane[BULK] == pytest.approx(0.9 * all_of_them, abs=20)
    assert gateway.by_lane[GROUPS[0]] == pytest.approx(gateway.by_lane[GROUPS[1]], abs=10)


def test_groups_get_no_more_by_filling_the_batches_of_a_lane_without_one(bench: Bench) -> None:
    """A route with single messages, many small groups, and a backlog on another route of the service."""
    bench.policy = Policy(rate_per_s=100, linger_ms=0)
    bench.submit(500, OTHER)
    for number in range(70):
        bench.submit(keys_of(5, f"group-{number}-"), replace(BULK, group=f"small-{number}"))
    gateway = SlowGateway(bench, 5)
    arrive(bench, gateway, BULK, 4, 4_000)
    gateway.serve(4_000)
    of_groups = sum(key.startswith("group") for key in gateway.taken_ms)
    assert of_groups < 0.2 * len(gateway.taken_ms)
    assert gateway.granted(2_000, 4_000) >= 0.95 * 200


@pytest.mark.parametrize("answer_ms", ANSWER_TIMES)
@pytest.mark.parametrize("per_s", [10, 80])
def test_singles_hardly_wait_beside_a_group(bench: Bench, per_s: int, answer_ms: int) -> None:
    bench.policy = Policy(rate_per_s=100, linger_ms=0)
    gateway = SlowGateway(bench, answer_ms)
    bench.submit(keys_of(560 - 4 * per_s, "group"), GROUPS[0])
    came_ms = arrive(bench, gateway, BULK, per_s, 4_000)
    gateway.serve(5_000)
    waits = waits_ms(gateway, came_ms)
    assert waits[len(waits) * 99 // 100] < 400
    # What they leave the group gets.
    assert gateway.granted(1_000, 4_000) >= 0.95 * 300


def test_filled_batch_that_was_never_posted_is_paid_back_to_each_lane(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=100, linger_ms=0)
    fair = f"{bench.store.keys.account('main')}{BULK.service}:fair"

    def fill_a_batch(start: str) -> Batch:
        for lane in GROUPS[:2]:
            bench.submit(keys_of(3, start + str(lane.group)), lane)
        batch = bench.take(lane=GROUPS[0])
        assert len(batch.messages) == 6
        return batch

    def tags() -> list[int]:
        found = bench.store.client.hmget(fair, [lane.name for lane in GROUPS[:2]])
        return [int(text(place).partition(" ")[0]) for place in found]

    bench.stop(settlement=accepted(fill_a_batch("a")), lane=GROUPS[0])
    before = tags()
    batch = fill_a_batch("b")
    assert tags() == [tag + 3 for tag in before]
    never_posted = Settlement(batch.token, batch.take, back(batch).verdicts, (), batch.taken_ms)
    bench.stop(settlement=never_posted, lane=GROUPS[0])
    assert tags() == before


def test_lane_that_can_use_one_connection_costs_the_others_nothing(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=100, linger_ms=0, connections=1)
    gateway = share_out(bench, 200, BULK, OTHER, GROUPS[0])
    assert gateway.by_lane[BULK] > 100


@pytest.mark.parametrize("rate", [0.5, 3])
def test_rate_below_a_batch_a_second_is_shared(bench: Bench, rate: float) -> None:
    bench.policy = Policy(rate_per_s=rate, linger_ms=0)
    gateway = share_out(bench, 5, BULK, OTHER, for_ms=round(400_000 / rate / 5))
    assert gateway.by_lane[BULK] == pytest.approx(gateway.by_lane[OTHER], abs=10)


def wait_at_the_head(bench: Bench) -> None:
    """Let a drain of OTHER stand in line for ten permits; BULK has had as much, and is behind it."""
    bench.submit(keys_of(100, "other"), OTHER)
    bench.submit(50)
    bench.take("p1.1", lane=OTHER)
    bench.take("p1.2")
    assert bench.rest("p1.3", lane=OTHER, stay_ms=100).reason == "rate"


def test_first_in_line_has_its_permits_kept(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=20, linger_ms=0)
    wait_at_the_head(bench)
    bench.let_pass(600, steadily=False)
    assert bench.rest("p1.4", stay_ms=100).reason == "rate"
    assert len(bench.take("p1.3", lane=OTHER).messages) == 10
    # Then it is BULK's turn.
    bench.let_pass(410, steadily=False)
    assert bench.rest("p1.5", lane=OTHER, stay_ms=100).reason == "rate"
    assert len(bench.take("p1.4").messages) == 10


def test_place_of_a_drain_that_died_lapses_a_second_after_its_time(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=20, linger_ms=0)
    wait_at_the_head(bench)
    bench.let_pass(510, steadily=False)
    # While it counts, the others go with what is there beside the ten that are kept.
    assert bench.rest("p1.4", stay_ms=100).reason == "rate"
    bench.let_pass(500, steadily=False)
    assert bench.take("p1.4")
    bench.let_pass(1_000, steadily=False)
    for number in (5, 6):
        assert bench.take(f"p1.{number}")


@pytest.mark.parametrize("why", ["at fault", "shut", "empty"])
def test_first_that_can_take_nothing_costs_nothing(bench: Bench, why: str) -> None:
    bench.policy = Policy(rate_per_s=20, linger_ms=0)
    wait_at_the_head(bench)
    if why == "empty":
        bench.store.client.delete(bench.store.keys.lane("main", OTHER.name, "ready"))
    else:
        taken = bench.repeat("p1.1")
        assert isinstance(taken, Batch)
        bench.stop("p1.1", back(taken, SHUT if why == "shut" else FAULT), OTHER)
    bench.let_pass(510, steadily=False)
    assert len(bench.take("p1.4").messages) == 10


def test_message_that_goes_alone_passes_a_batch_that_waits(bench: Bench) -> None:
    """What is there beside the permits of the first may be used by a lane that needs little."""
    bench.policy = Policy(rate_per_s=10, linger_ms=0)
    wait_at_the_head(bench)
    batch = bench.repeat("p1.2")
    assert isinstance(batch, Batch)
    alone = marked_alone(batch, [message.msg_key for message in batch.messages])
    bench.stop("p1.2", replace(alone, effects=(Effect(EffectKind.REQUEST, 10), *alone.effects)))
    bench.store.client.zremrangebyrank(bench.store.keys.lane("main", BULK.name, "ready"), 10, -1)
    bench.let_pass(900, steadily=False)
    assert bench.rest("p1.4").reason == "rate"
    bench.let_pass(200, steadily=False)
    assert len(bench.take("p1.4").messages) == 1


def test_clock_set_back_keeps_no_place(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=20, linger_ms=0)
    wait_at_the_head(bench)
    bench.let_pass(-3_600_000, steadily=False, records=False)
    assert bench.rest("p1.4").wait_ms <= 1_000
    bench.let_pass(1_010, steadily=False)
    # All that is there: nothing is kept for a place that would lapse in an hour.
    assert bench.take("p1.5")
    assert bench.take("p1.6")


def test_what_was_never_sent_is_not_held_against_its_lane(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=200, linger_ms=0)
    bench.submit(100)
    before = bench.store.client.hgetall(fair := bench.store.keys.account("main") + "mms-bulk:fair")
    assert before == {}
    batch = bench.take("p1.1")
    had = bench.store.client.hget(fair, BULK.name)
    assert had is not None
    assert had.split()[0] == b"10"
    unsent = Settlement(batch.token, batch.take, back(batch).verdicts, (), batch.taken_ms)
    bench.stop("p1.1", unsent)
    now = bench.store.client.hget(fair, BULK.name)
    assert now is not None
    assert now.split()[0] == b"0"


def test_line_that_nobody_uses_is_forgotten(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=200, linger_ms=0)
    wait_at_the_head(bench)
    account = bench.store.keys.account("main")
    for name in (":line", ":fair"):
        assert 0 < bench.store.client.pttl(f"{account}mms-bulk{name}") <= 61_000


def test_places_of_lanes_that_came_and_went_are_dropped(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=200, linger_ms=0)
    wait_at_the_head(bench)
    fair = bench.store.keys.account("main") + "mms-bulk:fair"
    # The others are at 100; who had less and is gone has nothing to claim or to pay back.
    gone: dict[Any, Any] = {f"mms-bulk/g{number}@main": "90 0 0 " for number in range(200)}
    ahead: dict[Any, Any] = {f"mms-bulk/ahead{number}@main": "110 0 0 " for number in range(5)}
    bench.store.client.hset(fair, mapping={**gone, **ahead, "*": "20 900 20 10 100"})
    for _ in range(200):
        bench.store.client.zadd(bench.store.keys.wake("main"), {BULK.name: 0})
        bench.sweep(quota=0)
    kept = {text(field) for field in bench.store.client.hkeys(fair)}
    assert len(kept) <= 64
    assert kept > {*ahead, "*", BULK.name, OTHER.name}
