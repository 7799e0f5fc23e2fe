"""Advertisements wait in the quiet hours, in lanes of their own: nothing else does."""

from __future__ import annotations

import pytest

from plexsend.outbox import groups, steer
from plexsend.outbox.batches import Batch, Outcome
from plexsend.outbox.lanes import ADS, Advertising, Lane
from plexsend.outbox.policies.open_hours import OPEN_HOURS
from plexsend.outbox.reading import queries
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from plexsend.outbox.submit import SubmitOutcome
from tests.integration.outbox.bench import Bench, verdicts

HOUR_MS = 3_600_000
QUIET = Lane.of("mms-bulk", None, "main", None, Advertising.QUIET)
CONSENTED = Lane.of("mms-bulk", None, "main", None, Advertising.CONSENTED)
SPRING = Lane.of("mms-bulk", None, "main", "spring", Advertising.QUIET)
SPRING_CONSENTED = Lane.of("mms-bulk", None, "main", "spring", Advertising.CONSENTED)
SPRING_OTHER = Lane("mms-bulk", None, "main", "spring")


def sent(batch: Batch) -> list[str]:
    """Return the keys of what was taken."""
    return [message.msg_key for message in batch.messages]


def set_open(bench: Bench, *spans: tuple[int, int]) -> None:
    """Let it be open in these spans, each in ms from now, whatever the hours are at this moment."""
    bench.know(QUIET)
    now_ms = queries.server_ms(bench.store)
    written = " ".join(f"{now_ms + opens}-{now_ms + closes}" for opens, closes in spans)
    bench.store.client.hset(bench.store.keys.in_force("main"), OPEN_HOURS, written)


@pytest.mark.parametrize("lane", [QUIET, SPRING], ids=lambda lane: lane.name)
def test_advertisements_wait_until_it_is_open(bench: Bench, lane: Lane) -> None:
    bench.submit(["a", "b"], lane)
    set_open(bench, (30_000, HOUR_MS))
    waits = bench.rest(lane=lane)
    assert (waits.reason, 0 < waits.wait_ms <= 30_000) == ("quiet", True)
    assert bench.sweep().rings == ()
    assert 0 < (bench.wake_in_ms(lane) or 0) <= 30_000
    set_open(bench, (-1_000, HOUR_MS))
    assert sent(bench.take(lane=lane)) == ["a", "b"]


@pytest.mark.parametrize("spans", [(), ((-2 * HOUR_MS, -HOUR_MS),), ((-HOUR_MS, 0),)])
def test_hours_that_nobody_renewed_are_closed(bench: Bench, spans: tuple[tuple[int, int], ...]) -> None:
    bench.submit(["a"], QUIET)
    set_open(bench, *spans)
    assert bench.rest(lane=QUIET).reason == "quiet"
    bench.store.client.hdel(bench.store.keys.in_force("main"), OPEN_HOURS)
    assert bench.rest(lane=QUIET).reason == "quiet"


@pytest.mark.parametrize("lane", [CONSENTED, SPRING_CONSENTED], ids=lambda lane: lane.name)
def test_those_who_agreed_get_theirs_at_night(bench: Bench, lane: Lane) -> None:
    set_open(bench)
    bench.submit(["a"], lane)
    assert sent(bench.take(lane=lane)) == ["a"]


def test_nothing_else_waits_for_advertisements(bench: Bench) -> None:
    bench.submit(["ad"], QUIET)
    bench.submit(["order"])
    set_open(bench)
    assert sent(bench.take()) == ["order"]


def test_batches_are_not_filled_with_advertisements_at_night(bench: Bench) -> None:
    bench.submit(["ad"], QUIET)
    bench.submit(["night"], CONSENTED)
    bench.submit(["order"])
    set_open(bench)
    assert sent(bench.take()) == ["order", "night"]
    set_open(bench, (-1_000, HOUR_MS))
    bench.submit(["another"])
    assert sent(bench.take("p1.2")) == ["another", "ad"]


def test_what_comes_back_waits_for_the_morning_too(bench: Bench) -> None:
    """Whatever kind of try it is, take judges it."""
    set_open(bench, (-1_000, HOUR_MS))
    bench.submit(["a"], QUIET)
    batch = bench.take(lane=QUIET)
    set_open(bench)
    waits = bench.rest(settlement=verdicts(batch, Outcome.BACK), lane=QUIET)
    assert waits.reason == "quiet"
    assert bench.record("a").state is State.WAITING


def test_a_group_holds_advertisements_alone_or_none(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    answers = bench.submit(["b"], SPRING_OTHER)
    assert [each.outcome for each in answers] == [SubmitOutcome.MIXED]
    assert [each.outcome for each in bench.submit(["c"], SPRING_CONSENTED)] == [SubmitOutcome.ADDED]
    bench.submit(["d"], Lane("mms-bulk", None, "main", "autumn"))
    mixed = bench.submit(["e"], Lane.of("mms-bulk", None, "main", "autumn", Advertising.QUIET))
    assert [each.outcome for each in mixed] == [SubmitOutcome.MIXED]
    assert [queries.find(bench.store, key) for key in ("b", "e")] == [[], []]


def test_what_a_group_held_is_forgotten_with_its_last_lane(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    bench.submit(["b"], SPRING_CONSENTED, send_at_ms=queries.server_ms(bench.store) + HOUR_MS)
    set_open(bench, (-1_000, HOUR_MS))
    kinds = bench.store.keys.kinds("main")
    batch = bench.take(lane=SPRING)
    bench.stop(settlement=verdicts(batch, Outcome.REJECTED), lane=SPRING)
    steer.ask(bench.store, "main", "a", Act.DROP)
    assert bench.store.client.hget(kinds, "spring") == b"ads"
    steer.ask(bench.store, "main", "b", Act.CANCEL)
    bench.let_pass(11_000, steadily=False)
    bench.sweep(keep_ms=10_000)
    assert bench.store.client.hgetall(kinds) == {}
    assert [each.outcome for each in bench.submit(["c"], SPRING_OTHER)] == [SubmitOutcome.ADDED]


def test_a_group_is_cancelled_with_all_of_its_lanes(bench: Bench) -> None:
    for key, lane in (("a", SPRING), ("b", SPRING_CONSENTED), ("c", QUIET), ("d", CONSENTED)):
        bench.submit([key], lane)
    assert groups.cancel(bench.store, "main", "spring", by="anna", why="").cancelled == 2
    assert groups.cancel(bench.store, "main", ADS, by="anna", why="").cancelled == 2
