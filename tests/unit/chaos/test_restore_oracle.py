"""What a restored copy excuses: what a person asked for, or a warning counted; nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.chaos.evidence import Event, Restore
from tests.chaos.load import ACCOUNTS
from tests.chaos.promises import Promise
from tests.unit.chaos.made_up import T, broken, evidence, one, record, request, told

if TYPE_CHECKING:
    from tests.chaos.evidence import Evidence

COPIED, RESTORED, SETTLED = T + 5, T + 50, T + 60
ALL = frozenset(ACCOUNTS)


def old(as_: str, **more: Any) -> Restore:
    given = {"held": ALL, "settled_at": SETTLED, "settled_as": as_, "settled": 1, **more}
    return Restore(COPIED, RESTORED, is_old=True, **given)


def young(warned: int, **more: Any) -> Restore:
    return Restore(T + 5, T + 8, is_old=False, **{"held": frozenset(), "warned": warned, **more})


def went(
    restore: Restore,
    *times: float,
    keys: int = 1,
    key: str = "b1.a.{}",
    events: tuple[Event, ...] = (),
    **more: Any,
) -> Evidence:
    names = [key.format(number) for number in range(keys)]
    requests = [request(name, at=at) for name in names for at in times]
    said = [Event(SETTLED + 1, "settle_resend", "")] if restore.settled_as == "resend" else []
    records = {name: record(name, "accepted", "C100", *said, *events) for name in names}
    return evidence([told(name) for name in names], requests, records, restores=(restore,), **more)


@pytest.mark.parametrize("key", ["b1.a.{}", "p2.a.{}"])
def test_what_a_person_has_sent_again_may_arrive_twice_though_its_lane_parks(key: str) -> None:
    assert broken(went(old("resend"), T + 10, T + 62, key=key)) == set()


def test_what_a_person_says_was_sent_may_not() -> None:
    assert broken(went(old("sent"), T + 10, T + 62)) == {Promise.DOUBLED}


def test_nothing_goes_before_a_person_decides() -> None:
    assert broken(went(old("resend"), T + 10, T + 55)) >= {Promise.RESTORE}


def test_every_account_is_held() -> None:
    assert broken(went(old("resend", held=frozenset({"main"})), T + 10)) == {Promise.RESTORE}


def test_what_went_before_the_copy_was_made_is_not_excused() -> None:
    assert broken(went(old("resend"), T - 10, T + 62)) == {Promise.DOUBLED}


@pytest.mark.parametrize(("as_", "breaks"), [("sent", set()), ("resend", {Promise.LOST})])
def test_what_a_person_says_was_sent_is_accepted_without_the_gateway(as_: str, breaks: set[Promise]) -> None:
    key = "b1.a.1"
    found = evidence([told(key)], [], {key: record(key, "accepted", "PERSON")}, restores=(old(as_),))
    assert broken(found) == breaks


def test_what_was_added_after_the_restore_nobody_can_have_said_to_be_sent() -> None:
    key = "b1.a.1"
    found = evidence(
        [told(key, SETTLED + 5)], [], {key: record(key, "accepted", "PERSON")}, restores=(old("sent"),)
    )
    assert broken(found) == {Promise.LOST}


@pytest.mark.parametrize(("warned", "breaks"), [(3, set()), (4, set()), (2, {Promise.RESTORE})])
def test_after_a_young_copy_as_many_go_again_as_warnings_count(warned: int, breaks: set[Promise]) -> None:
    assert broken(went(young(warned), T + 6, T + 9, keys=3)) == breaks


def test_no_warning_excuses_an_uncertain_try_that_was_not_parked() -> None:
    uncertain = (Event(T + 8.5, "postpone", "RESET"),)
    assert broken(went(young(1), T + 6, T + 9, key="p2.a.{}", events=uncertain)) == {Promise.PARKED}
    assert broken(went(young(0), T + 6, T + 9, events=uncertain)) == set()


def test_what_a_person_never_had_sent_again_is_doubled() -> None:
    found = went(old("resend"), T + 10, T + 62)
    found.records = {key: replace(each, history=()) for key, each in found.records.items()}
    assert broken(found) == {Promise.DOUBLED}


def test_the_kill_of_the_restore_excuses_no_more() -> None:
    found = went(young(2), T + 6, T + 9, keys=3, kills=(T + 8,), forgetful=True)
    assert broken(found) == {Promise.RESTORE}


def test_a_young_copy_holds_nothing() -> None:
    assert broken(went(young(0, held=frozenset({"main"})), T + 6)) == {Promise.RESTORE}


def test_nothing_is_held_so_where_nothing_was_restored() -> None:
    assert broken(one(odd_holds=(("main", T),))) == {Promise.RESTORE}
