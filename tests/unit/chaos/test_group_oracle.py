"""Made-up cancels and pauses of groups: what goes on in spite of them is found."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from tests.chaos.evidence import Evidence, Fleet, GroupAct, Told
from tests.chaos.oracle import judge
from tests.chaos.promises import Promise
from tests.unit.chaos.made_up import T, broken, evidence, record, request, told

KEY = "b1-spring.a.1"


def act(what: str, at: float, answered: float | None = None, **more: Any) -> GroupAct:
    return GroupAct("main", "spring", what, at, at + 1 if answered is None else answered, **more)


def sent(at: float, *acts: GroupAct, **more: Any) -> Evidence:
    """Return the evidence of one message of a group that arrived at that time."""
    return evidence(
        [told(KEY)], [request(KEY, at=at)], {KEY: record(KEY)}, fleet=Fleet(group_acts=acts), **more
    )


def test_what_is_sent_after_its_group_was_cancelled_is_found() -> None:
    assert broken(sent(T + 12, act("close", T + 10))) == {Promise.GROUP}
    assert judge(sent(T + 10.5, act("close", T + 10))).kept
    assert broken(sent(T + 30, act("close", T + 10), act("open", T + 20))) == {Promise.GROUP}


def test_what_a_worker_had_in_hand_may_arrive_for_a_while() -> None:
    closing = act("close", T + 10, in_hand=frozenset({KEY}))
    assert judge(sent(T + 15, closing)).kept
    assert broken(sent(T + 17, closing)) == {Promise.GROUP}


def test_a_cancel_that_was_never_answered_proves_nothing() -> None:
    assert judge(sent(T + 30, act("close", T + 10, answered=inf))).kept


def test_another_group_and_another_account_go_on() -> None:
    elsewhere = (
        GroupAct("main", "daily", "close", T + 5, T + 6),
        GroupAct("second", "spring", "close", T + 5, T + 6),
    )
    assert judge(sent(T + 30, *elsewhere)).kept


@pytest.mark.parametrize(("at", "kept"), [(T + 10.5, True), (T + 13, False), (T + 21, True)])
def test_what_is_sent_while_its_group_is_paused_is_found(at: float, *, kept: bool) -> None:
    assert judge(sent(at, act("pause", T + 10), act("open", T + 20))).kept == kept


@pytest.mark.parametrize(("at", "kept"), [(T + 10.5, True), (T + 13, False), (T + 21, True)])
def test_what_is_sent_before_the_time_it_was_put_off_to_is_found(at: float, *, kept: bool) -> None:
    assert judge(sent(at, act("reschedule", T + 10, due_at=T + 20))).kept == kept


def test_a_cancel_that_a_killed_redis_forgot_stands_apart() -> None:
    verdict = judge(sent(T + 30, act("close", T + 10), forgetful=True, kills=(T + 11.5,)))
    assert verdict.kept
    assert [each.promise for each in verdict.forgotten] == [Promise.GROUP]


def ended(state: str, *acts: GroupAct, key: str = KEY) -> Evidence:
    return evidence(
        [told(key)], [], {key: record(key, state, "")}, fleet=Fleet(group_acts=acts), parked=frozenset({key})
    )


def test_a_message_may_be_cancelled_with_its_group() -> None:
    assert judge(ended("cancelled", act("close", T + 10))).kept
    assert judge(ended("cancelled", act("close", T + 10, answered=inf))).kept
    assert judge(ended("uncertain", act("close", T + 10))).kept


def test_a_message_that_came_after_the_cancel_is_not_cancelled_by_it() -> None:
    assert broken(ended("cancelled", act("close", T - 10), act("open", T - 5))) == {Promise.END}
    assert broken(ended("cancelled", act("close", T + 10), key="b1.a.1")) == {Promise.END}


def taken_in(at: float, *acts: GroupAct, state: str = "accepted") -> Evidence:
    return evidence(
        [told(KEY, at)],
        [request(KEY, at=at + 1)],
        {KEY: record(KEY, state)},
        fleet=Fleet(group_acts=acts),
    )


def test_a_submit_into_a_closed_group_is_found() -> None:
    closing = act("close", T)
    assert broken(taken_in(T + 5, closing)) == {Promise.GROUP}
    assert broken(taken_in(T + 5, closing, act("open", T + 9))) == {Promise.GROUP}
    assert judge(taken_in(T + 5, closing, act("open", T + 3))).kept
    assert judge(taken_in(T + 0.5, closing)).states["accepted"] == 1


def refused(*acts: GroupAct, state: str | None = None, **more: Any) -> Evidence:
    records = {} if state is None else {KEY: record(KEY, state, "")}
    one = Told(KEY, T, refused_at=T + 0.5, **more)
    return evidence([one], [], records, fleet=Fleet(group_acts=acts))


def test_a_submit_is_refused_only_while_its_group_is_closed() -> None:
    assert judge(refused(act("close", T - 5))).kept
    assert judge(refused(act("close", T, answered=inf))).kept
    assert broken(refused()) == {Promise.GROUP}
    assert broken(refused(act("close", T - 5), act("open", T - 3))) == {Promise.GROUP}
    assert judge(refused(act("close", T - 5), act("open", T - 0.5))).kept


def test_what_was_told_refused_is_not_there() -> None:
    acts = (act("close", T - 0.5), act("open", T + 5))
    assert judge(refused(*acts)).kept
    assert broken(refused(*acts, state="cancelled")) == {Promise.GROUP}
    assert judge(refused(*acts, state="cancelled", doubted=True)).kept
