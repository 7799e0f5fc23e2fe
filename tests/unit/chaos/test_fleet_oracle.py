"""Made-up fleets whose processes differ: a policy that gives way, a stray request, a service that stops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.evidence import Absence, DailyLimit, Evidence, Fleet, Request
from tests.chaos.in_force import Ask, Policies, SetValue
from tests.chaos.oracle import judge
from tests.chaos.promises import Promise
from tests.unit.chaos.made_up import T, broken, evidence, one, record, request, told

RATE = "rate_per_s:mms-standard"


def fleet(*looks: tuple[float, dict[str, str]], **more: Any) -> Fleet:
    policies = Policies()
    for at, values in looks:
        policies.note("main", at, values)
    return Fleet(policies=policies, **more)


@pytest.mark.parametrize(
    ("name", "strict", "loose"),
    [
        (RATE, "35", "50"),
        (RATE, "35", "0"),
        ("on_uncertain:mms-bulk", "park", "resend"),
        ("linger_ms:mms-bulk", "300", "100"),
        ("connections:mms-bulk", "4", "8"),
        ("keep_days", "7", "0.0001"),
    ],
)
def test_a_policy_looser_than_what_a_worker_asks_for_is_found(name: str, strict: str, loose: str) -> None:
    asks = (Ask("worker-4", name, strict, T),)
    assert judge(one(fleet=fleet((T + 10, {name: strict}), asks=asks))).kept
    assert broken(one(fleet=fleet((T + 10, {name: loose}), asks=asks))) == {Promise.POLICY}
    assert broken(one(fleet=fleet((T + 10, {}), asks=asks))) == {Promise.POLICY}
    loosely = (Ask("worker-4", name, loose, T),)
    assert judge(one(fleet=fleet((T + 10, {name: strict}), asks=loosely))).kept


def test_an_ask_counts_from_its_announcement_until_long_after_its_process() -> None:
    asks = (Ask("worker-4", RATE, "35", T + 20, T + 40),)
    early = fleet(
        (T, {RATE: "50"}), (T + 21, {RATE: "50"}), (T + 21.5, {RATE: "35"}), (T + 60, {RATE: "35"}), asks=asks
    )
    assert judge(one(fleet=early)).kept
    late = fleet((T + 21, {RATE: "50"}), (T + 23, {RATE: "50"}), asks=asks)
    assert broken(one(fleet=late)) == {Promise.POLICY}
    assert judge(one(fleet=fleet((T + 41, {RATE: "50"}), asks=asks))).kept


def test_a_person_wins_over_what_workers_ask_for() -> None:
    asks = (Ask("worker-4", RATE, "35", T),)
    sets = (SetValue("mms-standard", "rate_per_s", "60", T + 5, T + 6, T + 20, T + 21),)
    found = fleet(
        (T + 4, {RATE: "35"}), (T + 7, {RATE: "60"}), (T + 22, {RATE: "60"}), asks=asks, set_values=sets
    )
    assert judge(one(fleet=found)).kept
    found.policies.note("main", T + 24, {RATE: "60"})
    assert broken(one(fleet=found)) == {Promise.POLICY}, "it was unset"


def test_what_a_person_set_and_does_not_hold_is_found() -> None:
    sets = (SetValue("mms-standard@main", "rate_per_s", "30.0", T + 5, T + 6),)
    assert judge(one(fleet=fleet((T + 7, {RATE: "30"}), set_values=sets))).kept
    assert broken(one(fleet=fleet((T + 7, {RATE: "35"}), set_values=sets))) == {Promise.POLICY}
    assert judge(one(fleet=fleet((T + 5.5, {RATE: "35"}), set_values=sets))).kept
    elsewhere = (replace(sets[0], where="mms-standard@second"),)
    assert judge(one(fleet=fleet((T + 7, {RATE: "35"}), set_values=elsewhere))).kept


def test_a_killed_redis_may_forget_what_was_asked_until_it_is_announced_again() -> None:
    asks = (Ask("worker-4", RATE, "35", T),)
    found = one(fleet=fleet((T + 10, {RATE: "50"}), (T + 14, {RATE: "50"}), asks=asks), kills=(T + 9,))
    assert judge(found).kept
    found.fleet.policies.note("main", T + 30, {RATE: "50"})
    assert broken(found) == {Promise.POLICY}


@pytest.mark.parametrize(("n", "kept"), [(100, True), (101, False)])
def test_more_than_was_left_of_a_day_is_found(n: int, *, kept: bool) -> None:
    keys = [f"b1.a.{i}" for i in range(n)]
    requests = [request(key, at=T + 1 + i / 50) for i, key in enumerate(keys)]
    limit = DailyLimit("mms-bulk", "main", 60, T, T + 20)
    found = evidence(
        [told(key) for key in keys],
        requests,
        {key: record(key) for key in keys},
        fleet=Fleet(daily_limits=(limit,)),
    )
    assert judge(found).kept == kept


def test_a_request_at_another_gateway_is_found() -> None:
    stray = Request(T, "/mms-bulk/v2/send", "user-main", ("b1.a.1",), ("C100",))
    assert broken(one(fleet=Fleet(elsewhere=(stray,)))) == {Promise.ADDRESS}


def absence(*sent_at: float, again_at: float) -> Evidence:
    """Return the evidence of a minute without a worker for mms-finance; mms-bulk is sent at these times."""
    bulk = [f"b1.a.{i}" for i in range(60)]
    finance = [f"p2.a.{i}" for i in range(60)]
    keys = [told(key, T + i % 60) for i, key in enumerate((*bulk, *finance))]
    requests = [request(bulk[i], at=at) for i, at in enumerate(sent_at)]
    requests.append(request(finance[0], at=again_at))
    return evidence(
        keys,
        requests,
        {key: record(key) for key in (*bulk, *finance)},
        fleet=Fleet(absences=(Absence("mms-finance", T, T + 50, T + 60),)),
    )


def goes_on(found: Evidence) -> list[str]:
    return [each.why for each in judge(found).breaks if each.promise is Promise.GOES_ON]


def test_a_service_that_stops_with_another_is_found() -> None:
    regular = [T + 5.0 * i for i in range(13)]
    assert goes_on(absence(*regular, again_at=T + 52)) == []
    (why,) = goes_on(absence(*regular[:5], again_at=T + 52))
    assert "nothing of mms-bulk was sent for 8 s while mms-finance was without a worker" in why


def test_a_service_that_does_not_come_back_is_found() -> None:
    regular = [T + 5.0 * i for i in range(13)]
    (why,) = goes_on(absence(*regular, again_at=T + 59))
    assert "nothing of mms-finance was sent for 8 s after a worker came back for mms-finance" in why


@pytest.mark.parametrize(("seconds", "kept"), [(2.0, True), (4.0, False)])
def test_an_account_that_is_held_for_one_workers_secret_is_found(seconds: float, *, kept: bool) -> None:
    held = ("main", T + 5, T + 5 + seconds)
    found = Fleet(good_secrets=(("main", T, T + 20),), auth_holds=(held,))
    assert judge(one(fleet=found)).kept == kept
    assert judge(one(fleet=replace(found, good_secrets=(("second", T, T + 20),)))).kept
