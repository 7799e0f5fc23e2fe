"""Holds: what starts each, what it covers, how it grows, and the only ways in which it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plexsend.outbox import steer
from plexsend.outbox.batches import Effect, EffectKind
from plexsend.outbox.holds import Scope
from plexsend.outbox.reading import queries
from plexsend.outbox.steer import Act
from plexsend.settings import Policy
from tests.integration.outbox.bench import (
    AUTH,
    BULK,
    CREDIT,
    FAULT,
    OTHERS,
    SHUT,
    SHUT_ALONE,
    STANDARD,
    Bench,
    accepted,
    back,
    keys_of,
)

if TYPE_CHECKING:
    from plexsend.outbox.lanes import Lane


@pytest.mark.parametrize(
    ("effect", "field", "covered", "free"),
    [
        (CREDIT, "account credit main", [BULK, STANDARD], [OTHERS]),
        (AUTH, "account auth main", [BULK, STANDARD], [OTHERS]),
        (FAULT, "lane fault mms-bulk@main", [BULK], [STANDARD, OTHERS]),
        (SHUT, "lane shut mms-bulk@main", [BULK], [STANDARD, OTHERS]),
    ],
)
def test_hold_covers_what_its_scope_says_and_nothing_else(
    bench: Bench, effect: Effect, field: str, covered: list[Lane], free: list[Lane]
) -> None:
    for lane in (BULK, STANDARD, OTHERS):
        bench.submit(keys_of(20, lane.service), lane)
    bench.stop(settlement=back(bench.take(), effect))
    for lane in covered:
        assert bench.rest("p1.2", lane=lane).reason == field
    for lane in free:
        assert bench.take("p1.3", lane=lane).messages
    assert bench.counts()["s:waiting"] == 20
    assert bench.record("mms-bulk00000").attempts == 0


@pytest.mark.parametrize("effect", [AUTH, FAULT])
def test_hold_for_a_person_ends_by_no_time_and_no_answer(bench: Bench, effect: Effect) -> None:
    bench.submit(30)
    under_way = bench.take("p1.2")
    bench.stop(settlement=back(bench.take(), effect))
    bench.let_pass(3_600_000, steadily=False)
    bench.stop("p1.2", settlement=accepted(under_way))
    assert "held" not in bench.rest("p1.3").reason
    assert bench.counts()["s:accepted"] == 10
    assert bench.rest("p1.3").reason
    scope, what = (Scope.ACCOUNT, "main") if effect is AUTH else (Scope.LANE, BULK.name)
    assert len(steer.resume(bench.store, scope, what, account="main")) == 1
    assert bench.take("p1.4").messages


def test_first_trouble_starts_the_hold_with_its_reason(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    hold = bench.standing("credit")
    assert (hold.by, hold.why, hold.step_ms, hold.probing) == ("gateway", "no credit", 30_000, False)
    assert 29_000 < bench.left_ms(hold) <= 30_000


def test_retry_after_is_waited_for_when_it_is_longer(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), Effect(EffectKind.SHUT, 20_000, "429")))
    hold = bench.standing("shut")
    assert hold.step_ms == 1_000
    assert 19_000 < bench.left_ms(hold) <= 20_000


def test_longer_retry_after_of_a_request_under_way_is_waited_for_too(bench: Bench) -> None:
    bench.submit(30)
    under_way = [bench.take("p1.2"), bench.take("p1.3")]
    bench.stop(settlement=back(bench.take(), SHUT))
    for drain, batch, wait_ms in zip(("p1.2", "p1.3"), under_way, (20_000, 5_000), strict=True):
        bench.rest(drain, settlement=back(batch, Effect(EffectKind.SHUT, wait_ms, "429")))
    hold = bench.standing("shut")
    assert hold.step_ms == 1_000
    assert 19_000 < bench.left_ms(hold) <= 20_000


def test_requests_already_under_way_do_not_make_a_hold_grow(bench: Bench) -> None:
    bench.submit(50)
    batches = [bench.take(f"p1.{i}") for i in range(4)]
    for effect in (SHUT, CREDIT):
        bench.rest("p1.0", settlement=back(batches[0], effect))
    before = [bench.standing("shut"), bench.standing("credit")]
    for i in (1, 2, 3):
        bench.rest(f"p1.{i}", settlement=back(batches[i], SHUT, CREDIT))
    assert [bench.standing("shut"), bench.standing("credit")] == before


def test_what_goes_alone_shuts_no_lane_unless_the_gateway_names_a_time(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), SHUT_ALONE))
    assert bench.hold("shut") is None
    named = Effect(EffectKind.SHUT_ALONE, 7_000, "429")
    bench.rest("p1.2", settlement=back(bench.take("p1.2"), named))
    assert 6_000 < bench.left_ms(bench.standing("shut")) <= 7_000


def test_resuming_an_account_after_a_top_up_releases_its_credit_hold_at_once(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    assert bench.bells() == []
    assert steer.resume(bench.store, Scope.ACCOUNT, "main", account=None) == ["account credit main"]
    assert len(bench.bells()) == 2
    assert len(bench.take("p1.2").messages) == 10


def test_lane_held_until_a_time_wakes_when_it_is_over(bench: Bench) -> None:
    bench.policy = Policy(rate_per_s=0, linger_ms=0, shut_first_s=3)
    bench.submit(20)
    bench.rest(settlement=back(bench.take(), SHUT))
    left = bench.wake_in_ms()
    assert left is not None
    assert 2_000 < left <= 3_000
    assert bench.bells() == []
    bench.let_pass(3_000, steadily=False)
    assert len(bench.bells()) == 1


def test_end_of_a_hold_wakes_every_lane_it_kept(bench: Bench) -> None:
    for lane in (BULK, STANDARD):
        bench.submit(keys_of(20, lane.service), lane)
    bench.rest(settlement=back(bench.take(), CREDIT))
    bench.rest("p1.2", lane=STANDARD)
    bench.let_pass(30_000, steadily=False)
    probe = bench.take("p1.1")
    assert bench.rest("p1.2", lane=STANDARD).reason == "account credit main"
    left = bench.wake_in_ms(STANDARD)
    assert left is not None
    assert left > 4_000
    bench.stop("p1.1", settlement=accepted(probe))
    left = bench.wake_in_ms(STANDARD)
    assert left is not None
    assert left <= 0


def test_cancelled_message_under_a_hold_is_cancelled(bench: Bench) -> None:
    bench.submit(20)
    bench.stop(settlement=back(bench.take(), CREDIT))
    assert steer.ask(bench.store, "main", "k00000", Act.CANCEL).outcome == "cancelled"


def test_paused_service_stands_still_in_every_account(bench: Bench) -> None:
    for lane in (BULK, STANDARD, OTHERS):
        bench.submit(keys_of(20, lane.service), lane)
    steer.pause(bench.store, Scope.SERVICE, "mms-bulk", account=None, by="anna", why="x")
    assert bench.rest("p1.1", lane=BULK).reason == "service pause mms-bulk"
    assert bench.rest("p1.2", lane=OTHERS).reason == "service pause mms-bulk"
    assert bench.take("p1.3", lane=STANDARD).messages
    assert [hold.what for hold in queries.service_pauses(bench.store)] == ["mms-bulk"]
    steer.resume(bench.store, Scope.SERVICE, "mms-bulk", account=None)
    assert bench.take("p1.1", lane=BULK).messages
    assert bench.take("p1.2", lane=OTHERS).messages


def test_paused_again_keeps_the_time_since_when(bench: Bench) -> None:
    steer.pause(bench.store, Scope.LANE, BULK.name, account="main", by="anna", why="x")
    before = bench.standing("pause")
    bench.let_pass(60_000, steadily=False)
    steer.pause(bench.store, Scope.LANE, BULK.name, account="main", by="ben", why="y")
    after = bench.standing("pause")
    assert (after.since_ms, after.by, after.why) == (before.since_ms - 60_000, "ben", "y")
