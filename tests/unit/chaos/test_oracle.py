"""Made-up ledgers: each kind of broken promise is found, and what is allowed is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.evidence import Event, Fleet, Planted, Told
from tests.chaos.in_force import Policies
from tests.chaos.load import LANES, Secrets, item
from tests.chaos.oracle import judge
from tests.chaos.promises import Promise
from tests.unit.chaos.made_up import T, broken, evidence, one, record, request, told

if TYPE_CHECKING:
    from tests.chaos.evidence import Evidence, Request


def test_a_message_that_went_as_it_should_breaks_nothing() -> None:
    assert judge(one()).kept


def test_a_message_told_added_without_a_record_is_lost() -> None:
    assert broken(evidence([told("b1.a.1")], [], {})) == {Promise.LOST}


def test_a_message_never_told_may_be_there_or_not() -> None:
    asked = Told("b1.a.1", T)
    assert broken(evidence([asked], [], {})) == set()
    assert broken(evidence([asked], [request("b1.a.1")], {"b1.a.1": record("b1.a.1")})) == set()


def test_a_message_never_told_is_once_if_it_is_there() -> None:
    twice = [request("b1.a.1"), request("b1.a.1", at=T + 2)]
    found = evidence([Told("b1.a.1", T)], twice, {"b1.a.1": record("b1.a.1")})
    assert broken(found) == {Promise.DOUBLED}


def test_a_record_that_says_accepted_is_lost_where_the_gateway_never_did() -> None:
    assert broken(evidence([told("b1.a.1")], [], {"b1.a.1": record("b1.a.1")})) == {Promise.LOST}


def test_an_acceptance_without_a_record_is_lost() -> None:
    assert broken(evidence([Told("b1.a.1", T)], [request("b1.a.1")], {})) == {Promise.LOST}


@pytest.mark.parametrize("state", ["scheduled", "waiting", "sending"])
def test_a_message_still_under_way_is_undecided(state: str) -> None:
    found = evidence([told("b1.a.1")], [], {"b1.a.1": record("b1.a.1", state, "")})
    assert broken(found) == {Promise.DECIDED}


def twice(*history: Event, key: str = "b1.a.1", **more: Any) -> Evidence:
    requests = [request(key, at=T + 10), request(key, at=T + 20)]
    return evidence([told(key)], requests, {key: record(key, "accepted", "C100", *history)}, **more)


def test_two_acceptances_without_a_word_between_are_a_double() -> None:
    assert broken(twice()) == {Promise.DOUBLED}


def test_an_uncertain_try_between_allows_a_second_acceptance() -> None:
    found = judge(twice(Event(T + 12, "postpone", "RESET")))
    assert found.kept
    assert found.resent == 1


def test_an_uncertain_try_before_the_first_acceptance_does_not() -> None:
    assert broken(twice(Event(T + 5, "postpone", "RESET"))) == {Promise.DOUBLED}


@pytest.mark.parametrize("event", [Event(T + 12, "give_back", "STALE"), Event(T + 12, "late", "RESET")])
def test_what_was_not_sent_or_only_noted_does_not(event: Event) -> None:
    assert broken(twice(event)) == {Promise.DOUBLED}


def test_a_third_acceptance_needs_an_uncertain_try_of_its_own() -> None:
    found = twice(Event(T + 12, "postpone", "C500_1"))
    more = (*found.requests, request("b1.a.1", at=T + 30))
    found.requests = more
    assert broken(found) == {Promise.DOUBLED}


def test_where_it_parks_no_uncertain_try_allows_a_second_acceptance() -> None:
    assert broken(twice(Event(T + 12, "postpone", "RESET"), key="p2.a.1")) == {Promise.PARKED}


def test_a_parked_message_must_be_named() -> None:
    key = "p2.a.1"
    found = evidence([told(key)], [request(key)], {key: record(key, "uncertain", "RESET")})
    assert broken(found) == {Promise.PARKED}
    found.parked = frozenset({key})
    assert broken(found) == set()


def test_a_message_told_refused_although_accepted_ends_wrongly() -> None:
    key = "b1.a.1"
    requests = [request(key), request(key, at=T + 2, codes=("C400_2",))]
    found = evidence([told(key)], requests, {key: record(key, "rejected", "C400_2")})
    assert broken(found) == {Promise.END}


def test_a_message_refused_by_nobody_ends_wrongly() -> None:
    found = evidence([told("b1.a.1")], [], {"b1.a.1": record("b1.a.1", "failed", "X999")})
    assert broken(found) == {Promise.END}
    found.requests = (request("b1.a.1", codes=("X999",)),)
    assert broken(found) == set()


@pytest.mark.parametrize(("part", "breaks"), [("b", set()), ("m", {Promise.END})])
def test_a_message_whose_body_another_program_took_fails_for_that(part: str, breaks: set[Promise]) -> None:
    key = "b1.a.1"
    found = evidence([told(key)], [], {key: record(key, "failed", "NO_BODY")})
    assert broken(found) == {Promise.END}
    found.planted = (Planted(key, part, T, T + 1),)
    assert broken(found) == breaks


@pytest.mark.parametrize(("since", "breaks"), [(T + 12, set()), (T + 21, {Promise.DOUBLED})])
def test_an_uncertain_try_may_be_missing_while_a_history_was_taken(
    since: float, breaks: set[Promise]
) -> None:
    found = twice()
    found.planted = (Planted("b1.a.1", "h", since, since + 1),)
    assert broken(found) == breaks


def test_a_message_cancelled_by_nobody_ends_wrongly() -> None:
    found = evidence([told("b1.a.1")], [], {"b1.a.1": record("b1.a.1", "cancelled", "")})
    assert broken(found) == {Promise.END}
    assert broken(replace(found, told={"b1.a.1": told("b1.a.1", cancelled=True)})) == set()


def test_a_message_in_another_lane_ends_wrongly() -> None:
    found = evidence([told("b1.a.1")], [request("b1.a.1")], {"b1.a.1": record("b2.a.1")})
    assert broken(found) == {Promise.END}


def test_a_break_of_the_audit_is_told() -> None:
    found = one(audit={"messages": 1, "breaks": [{"lane": "mms-bulk@main", "msg_key": None, "what": "odd"}]})
    assert broken(found) == {Promise.AUDIT}


def test_an_audit_that_tells_nothing_is_broken() -> None:
    assert broken(one(audit={})) == {Promise.AUDIT}


def test_messages_that_nobody_submitted_break_the_audit() -> None:
    assert broken(one(audit={"messages": 2, "breaks": []})) == {Promise.AUDIT}


@pytest.mark.parametrize(
    "odd",
    [
        request(*(f"b1.a.{i}" for i in range(11))),
        request("b1.a.1", "b2.a.2"),
        request("m1.a.1", "h1.a.2"),
        request("b1-spring.a.1", "b2-spring.a.2"),
        request("b1.a.1", "b1.a.1"),
        request("b1.a.1", user="user-second"),
        request("b1.a.1", path="/mms-finance/v2/send"),
        replace(request("b1.a.1"), keys=("foreign",)),
    ],
    ids=["eleven", "accounts", "variants", "groups", "doubled", "user", "path", "unknown"],
)
def test_a_batch_that_is_too_large_or_mixed_is_found(odd: Request) -> None:
    keys = [key for key in dict.fromkeys(odd.keys) if key != "foreign"]
    found = evidence([told(key) for key in keys], [odd], {key: record(key) for key in keys})
    assert Promise.BATCH in broken(found)


def limited(n: int, spread_s: float) -> Evidence:
    keys = [f"l1.a.{i}" for i in range(n)]
    requests = [request(key, at=T + spread_s * i / n) for i, key in enumerate(keys)]
    return evidence([told(key) for key in keys], requests, {key: record(key) for key in keys})


def test_a_second_above_the_rate_and_two_batches_is_found() -> None:
    assert judge(limited(77, 0.9)).kept
    assert broken(limited(78, 0.9)) == {Promise.RATE}
    assert judge(limited(150, 3.0)).kept


def rates(*looks: tuple[float, str]) -> Fleet:
    policies = Policies()
    for at, value in looks:
        policies.note("main", at, {"rate_per_s:mms-standard": value})
    return Fleet(policies=policies)


def test_the_rate_in_force_counts_and_not_the_one_in_the_environment() -> None:
    found = limited(60, 0.9)
    found.fleet = rates((T - 10, "50"), (T - 5, "30"), (T + 10, "30"))
    assert broken(found) == {Promise.RATE}
    found.fleet = rates((T - 10, "50"), (T + 0.5, "30"), (T + 10, "30"))
    assert judge(found).kept, "the rate was lowered in that second"


def test_lanes_of_one_route_may_share_a_request() -> None:
    keys = ["b1.a.1", "b1-spring.a.2", "b1-daily.a.3"]
    found = evidence(map(told, keys), [request(*keys)], {key: record(key) for key in keys})
    assert judge(found).kept


def test_a_second_in_which_the_wire_held_requests_back_tells_nothing_of_the_rate() -> None:
    found = limited(78, 0.9)
    found.blurred = ((T - 1, T + 2),)
    assert judge(found).kept


def test_a_missing_row_of_a_file_is_found() -> None:
    assert broken(evidence([told("b1.a.1", imported=True)], [], {})) == {Promise.LOST, Promise.IMPORT}


def test_a_row_sent_twice_is_found() -> None:
    found = twice()
    found.told = {"b1.a.1": told("b1.a.1", imported=True)}
    assert broken(found) == {Promise.DOUBLED, Promise.IMPORT}


def test_a_row_in_conflict_is_found() -> None:
    found = one()
    found.told = {"b1.a.1": told("b1.a.1", imported=True, conflict=True)}
    assert broken(found) == {Promise.IMPORT}


def test_what_a_killed_redis_forgot_within_its_last_second_stands_apart() -> None:
    found = evidence([told("b1.a.1")], [], {}, forgetful=True, kills=(T + 1.5,))
    verdict = judge(found)
    assert verdict.kept
    assert [each.key for each in verdict.forgotten] == ["b1.a.1"]


@pytest.mark.parametrize("kill", [T - 1.0, T + 3.0])
def test_what_was_told_long_before_a_kill_or_after_it_is_lost(kill: float) -> None:
    assert broken(evidence([told("b1.a.1")], [], {}, forgetful=True, kills=(kill,))) == {Promise.LOST}


def test_redis_may_forget_nothing_under_always() -> None:
    assert broken(evidence([told("b1.a.1")], [], {}, kills=(T + 1.0,))) == {Promise.LOST}


def test_a_take_that_a_killed_redis_forgot_stands_apart() -> None:
    verdict = judge(twice(forgetful=True, kills=(T + 9.0,)))
    assert verdict.kept
    assert len(verdict.forgotten) == 1
    assert broken(twice(forgetful=True, kills=(T + 15.0,))) == {Promise.DOUBLED}


def test_a_leak_is_told() -> None:
    assert broken(one(leaks=(("worker-1.log", "아무도…"),))) == {Promise.SECRET}


@pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.code)
def test_every_form_of_a_body_is_found_in_a_log(lane: Any) -> None:
    text = str(item(lane, f"{lane.code}.a.7", 7))
    search = Secrets(("s3cr3t-of-main",))
    for shown in (
        text,
        ascii(text),
        repr(text.encode()),
        '"\\uc544\\ubb34\\ub3c4"',
        "s3cr3t-of-main",
        "01090000007",
    ):
        assert search.find(shown.encode()), shown
    assert not search.find(f"batch sent lane={lane.name} take=101090000007 at 1800000000.123".encode())


def in_force(*looks: tuple[float, str]) -> Fleet:
    policies = Policies()
    for at, value in looks:
        policies.note("main", at, {"on_uncertain:mms-bulk": value})
    return Fleet(policies=policies)


def test_what_parks_now_may_have_been_sent_again_before() -> None:
    found = twice(Event(T + 12, "postpone", "RESET"))
    found.fleet = in_force((T, "resend"), (T + 25, "park"))
    assert judge(found).kept


def test_what_was_uncertain_while_its_service_parked_is_not_sent_again() -> None:
    found = twice(Event(T + 12, "postpone", "RESET"))
    found.fleet = in_force((T, "park"), (T + 15, "park"), (T + 16, "resend"), (T + 30, "resend"))
    assert broken(found) == {Promise.PARKED}


def test_what_waits_for_its_second_try_is_not_sent_again_once_its_service_parks() -> None:
    tries = [request("b1.a.1", at=T + 10, codes=("",)), request("b1.a.1", at=T + 20)]
    history = Event(T + 12, "postpone", "UNREADABLE")
    found = evidence([told("b1.a.1")], tries, {"b1.a.1": record("b1.a.1", "accepted", "C100", history)})
    found.fleet = in_force((T, "resend"), (T + 18, "park"))
    assert judge(found).kept, "it may have been taken before"
    found.fleet = in_force((T, "resend"), (T + 14, "park"))
    assert broken(found) == {Promise.PARKED}
    for event in ("give_back", "postpone"):
        refused = Event(T + 12, event, "HTTP_429")
        found.records = {"b1.a.1": record("b1.a.1", "accepted", "C100", refused)}
        assert judge(found).kept, "nothing was taken"
