"""The index of lanes: a record names its lane by number, or by name in the older form, and both are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plexsend.errors import UsageError
from plexsend.outbox import steer
from plexsend.outbox.batches import Outcome
from plexsend.outbox.holds import Reason, Scope, hold_field, pause_json
from plexsend.outbox.index import LaneNames, indexed_lanes
from plexsend.outbox.lanes import Advertising, Lane
from plexsend.outbox.reading import queries
from plexsend.outbox.reading.audit import audit
from plexsend.outbox.redis.scripts import Script
from plexsend.outbox.states import State
from plexsend.outbox.steer import Act
from plexsend.outbox.submit import SubmitOutcome
from tests.integration.outbox.bench import BULK, STANDARD, Bench, accepted, keys_in, verdicts

SPRING = replace(BULK, group="spring")
AUTUMN = replace(BULK, group="autumn")


def named(bench: Bench, key: str) -> Any:
    """Return the lane of a record as it is written."""
    return bench.store.client.hget(bench.store.keys.record("main", key), "l")


def index(bench: Bench) -> dict[Any, Any]:
    return bench.store.client.hgetall(bench.store.keys.lane_index("main"))


def test_first_message_gives_its_lane_and_its_route_a_number(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    bench.submit(["b"], STANDARD)
    assert index(bench) == {
        b"mms-bulk@main": b"1",
        b"#1": b"mms-bulk@main",
        b"mms-bulk/spring@main": b"2",
        b"#2": b"mms-bulk/spring@main",
        b"mms-standard@main": b"3",
        b"#3": b"mms-standard@main",
        b"next": b"3",
    }
    assert (named(bench, "a"), named(bench, "b")) == (b"2", b"3")
    assert set(indexed_lanes(bench.store, "main")) == {BULK, SPRING, STANDARD}
    assert bench.store.client.smembers(bench.store.keys.routes("main")) == {
        b"mms-bulk@main",
        b"mms-standard@main",
    }


def test_lanes_are_announced_by_their_route(bench: Bench) -> None:
    bench.submit(["a"], SPRING)
    assert bench.store.client.smembers(bench.store.keys.lanes) == {b"mms-bulk@main"}
    assert queries.lanes(bench.store) == [SPRING, BULK]


def test_duplicate_is_known_in_either_form(bench: Bench) -> None:
    bench.submit(["old"], form=1)
    bench.submit(["new"], form=2)
    assert (named(bench, "old"), named(bench, "new")) == (b"mms-bulk@main", b"1")
    for form in (1, 2):
        again = bench.submit(["old", "new"], form=form)
        assert [each.outcome for each in again] == ["duplicate", "duplicate"]
        elsewhere = bench.submit(["old", "new"], STANDARD, form=form)
        assert [each.outcome for each in elsewhere] == ["conflict", "conflict"]


@pytest.mark.parametrize("form", [1, 2])
def test_whole_life_of_a_message_in_either_form(bench: Bench, form: int) -> None:
    bench.submit(["sent", "dead", "parked", "gone"], form=form)
    steer.ask(bench.store, "main", "gone", Act.CANCEL)
    batch = bench.take()
    of = {"dead": Outcome.REJECTED, "parked": Outcome.PARK}
    bench.rest(settlement=verdicts(batch, Outcome.ACCEPTED, of=of, code="x"))
    states = {key: bench.state(key) for key in ("sent", "dead", "parked", "gone")}
    assert list(states.values()) == [State.ACCEPTED, State.REJECTED, State.UNCERTAIN, State.CANCELLED]
    assert {bench.record(key).lane for key in states} == {BULK}
    assert audit(bench.store).ok
    steer.ask(bench.store, "main", "dead", Act.REQUEUE)
    steer.ask(bench.store, "main", "parked", Act.RESEND)
    assert [key for keys in bench.drain_all() for key in keys] == ["dead", "parked"]
    assert [record.msg_key for record in queries.listing(bench.store, BULK, "dead")] == []
    assert audit(bench.store).ok


def test_listing_names_the_lane_of_each(bench: Bench) -> None:
    bench.submit(["old"], form=1)
    bench.submit(["new"])
    assert {record.lane for record in queries.listing(bench.store, BULK, "ready")} == {BULK}


def test_number_that_nobody_knows_is_named_by_audit(bench: Bench) -> None:
    bench.submit(["a"])
    bench.store.client.hset(bench.store.keys.record("main", "a"), "l", "77")
    assert "77" in {item.lane for item in audit(bench.store).discrepancies}
    assert steer.ask(bench.store, "main", "a", Act.CANCEL).outcome == "unknown"
    assert LaneNames(bench.store, "main").name(b"77") == "77"


def test_groups_are_refused_while_the_form_knows_none(bench: Bench) -> None:
    with pytest.raises(UsageError, match="ten minutes after"):
        bench.submit(["a"], SPRING, form=1)
    assert index(bench) == {}


@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize("group", [None, "spring"])
def test_advertisements_are_refused_one_by_one_while_the_form_knows_none(
    bench: Bench, form: int, group: str | None
) -> None:
    """Their lanes have a group, which a caller who names none would not understand."""
    lane = Lane.of("mms-bulk", None, "main", group, Advertising.QUIET)
    answers = bench.submit(["a", "b"], lane, form=form)
    assert [each.outcome for each in answers] == [SubmitOutcome.TOO_EARLY] * 2
    assert index(bench) == {}


def test_group_sends_in_its_own_order_and_keeps_its_own_counts(bench: Bench) -> None:
    bench.submit(["a", "b"], SPRING)
    bench.submit(["c"], AUTUMN)
    batch = bench.take(lane=SPRING)
    assert keys_in(batch)[:2] == ["a", "b"]
    bench.stop(settlement=accepted(batch), lane=SPRING)
    assert bench.counts(SPRING)["s:accepted"] == 2
    assert bench.record("a").lane == SPRING
    assert audit(bench.store).ok


@pytest.mark.parametrize(
    ("scope", "what", "held"),
    [
        (Scope.GROUP, "spring", {SPRING}),
        (Scope.LANE, SPRING.name, {SPRING}),
        (Scope.LANE, BULK.name, {SPRING, AUTUMN, BULK}),
        (Scope.ACCOUNT, "main", {SPRING, AUTUMN, BULK}),
    ],
)
def test_pause_covers_what_it_names(bench: Bench, scope: Scope, what: str, held: set[object]) -> None:
    field = hold_field(scope, Reason.PAUSE, what)
    bench.store.run(Script.STEER, "main", ["hold", field, pause_json("anna", "x", 1)])
    found = {}
    for number, lane in enumerate((SPRING, AUTUMN, BULK)):
        bench.submit([f"k{number}"], lane)
        answer = bench.call(f"p1.{number}", lane=lane)
        found[lane] = getattr(answer, "reason", "") == field
        standing = queries.covering(queries.holds(bench.store, "main"), lane)
        assert bool(standing) == found[lane]
    assert {lane for lane, is_held in found.items() if is_held} == held
